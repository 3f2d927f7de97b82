/** `npm run picture`: plays the reference experiment in a real terminal, and keeps what was seen. */

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { KEYS, Terminal } from "../test/screen/terminal.ts";
import { type Frame, PICTURE, SIZE, toSvg } from "./svg.ts";

/** Between two looks at the terminal, and how long the first and the last one stay. */
const INTERVAL_MS = 250;
const FIRST_MS = 2_000;
const LAST_MS = 6_000;
const TITLE =
  "Five requests at once are served by five processes; the second run finds the memory of the first.";
/** Nothing is under way any more, and the environments of the second run are those of the first. */
const OVER = /5 environments served 10 requests[\s\S]*⏎ fire/;

const data = mkdtempSync(join(tmpdir(), "picture-of-lambda-concurrency-"));
const terminal = new Terminal(process.execPath, ["tui/start-screen.ts", "--target", "local"], {
  ...SIZE,
  env: {
    LAMBDA_CONCURRENCY_TEST_DATA: data,
    FORCE_COLOR: "1",
    INK_SCREEN_READER: "false",
  },
});
try {
  const frames: Frame[] = [];
  // The last row of the terminal stays empty.
  const look = (ms: number) => frames.push({ screen: terminal.cells.slice(0, SIZE.rows - 1), ms });
  await terminal.shows(/⏎ fire/);
  look(FIRST_MS);
  terminal.press(KEYS.enter);
  await terminal.shows(/Esc stop/);
  let isOver = false;
  const over = terminal.shows(OVER).finally(() => {
    isOver = true;
  });
  // Looking goes on until it is awaited.
  over.catch(() => {});
  while (!isOver) {
    look(INTERVAL_MS);
    await wait(INTERVAL_MS);
  }
  await over;
  look(LAST_MS);
  const [record = ""] = readdirSync(join(data, "records"));
  const lines = readFileSync(join(data, "records", record), "utf8");
  writeFileSync(PICTURE, toSvg(frames, TITLE, lines));
  console.log(`${PICTURE}: ${frames.length} frames`);
} finally {
  terminal.press("q");
  await terminal.exited;
  await terminal.dispose();
  rmSync(data, { recursive: true });
}
