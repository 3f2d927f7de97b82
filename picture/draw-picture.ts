/** `npm run picture`: plays what the README shows in a real terminal, and keeps what was seen. */

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { KEYS, Terminal } from "../test/screen/terminal.ts";
import { type Frame, type Picture, REFERENCE, SIDE_BY_SIDE, toSvg } from "./svg.ts";

/** Between two looks at the terminal, and how long the first and the last one stay. */
const INTERVAL_MS = 250;
const FIRST_MS = 2_000;
const LAST_MS = 6_000;

interface Play {
  title: string;
  args: readonly string[];
  /** What begins it. */
  key: string;
  /** What is seen when nothing is under way any more. */
  over: RegExp;
}

await play(REFERENCE, {
  title:
    "Five requests at once are served by five processes; the second run finds the memory of the first.",
  args: [],
  key: KEYS.enter,
  // The environments of the second run are those of the first.
  over: /5 environments served 10 requests[\s\S]*⏎ fire/,
});
await play(SIDE_BY_SIDE, {
  title:
    "The same five requests at each model: an on-demand function serves them in five processes, the two others in one.",
  args: ["--hold", "2s"],
  key: "a",
  over: /ISOLATED {2}5 environments.* SHARED .* SHARED[\s\S]*a fire again/,
});

async function play({ path, size }: Picture, { title, args, key, over }: Play): Promise<void> {
  const data = mkdtempSync(join(tmpdir(), "picture-of-lambda-concurrency-"));
  const command = ["tui/start-screen.ts", "--target", "local", ...args];
  const terminal = new Terminal(process.execPath, command, {
    ...size,
    env: {
      LAMBDA_CONCURRENCY_TEST_DATA: data,
      FORCE_COLOR: "1",
      INK_SCREEN_READER: "false",
    },
  });
  try {
    const frames: Frame[] = [];
    // The last row of the terminal stays empty.
    const look = (ms: number) =>
      frames.push({ screen: terminal.cells.slice(0, size.rows - 1), ms });
    await terminal.shows(/⏎ fire/);
    look(FIRST_MS);
    terminal.press(key);
    await terminal.shows(/Esc stop/);
    let isOver = false;
    const ended = terminal.shows(over).finally(() => {
      isOver = true;
    });
    // Looking goes on until it is awaited.
    ended.catch(() => {});
    while (!isOver) {
      look(INTERVAL_MS);
      await wait(INTERVAL_MS);
    }
    await ended;
    look(LAST_MS);
    const records = readdirSync(join(data, "records")).toSorted();
    const lines = records.map((name) => readFileSync(join(data, "records", name), "utf8"));
    writeFileSync(path, toSvg(frames, title, lines.join("")));
    console.log(`${path}: ${frames.length} frames`);
  } finally {
    terminal.press("q");
    await terminal.exited;
    await terminal.dispose();
    rmSync(data, { recursive: true });
  }
}
