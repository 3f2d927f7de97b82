/** `npm run picture`: plays the reference experiment in a real terminal, and keeps what was seen. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { KEYS, Terminal } from "../test/screen/terminal.ts";
import { type Frame, toSvg } from "./svg.ts";

const FILE = fileURLToPath(new URL("../docs/screen.svg", import.meta.url));
const SIZE = { columns: 100, rows: 22 };
/** Between two looks at the terminal, and how long the last one stays. */
const INTERVAL_MS = 250;
const LAST_MS = 6_000;
const TITLE =
  "Five requests at once are served by five processes; the second run finds the memory of the first.";

const data = mkdtempSync(join(tmpdir(), "picture-of-lambda-concurrency-"));
const terminal = new Terminal(process.execPath, ["tui/main.ts", "--target", "local"], {
  ...SIZE,
  env: { LAMBDA_CONCURRENCY_TEST_DATA: data, FORCE_COLOR: "1" },
});
try {
  await terminal.shows(/⏎ fire/);
  terminal.press(KEYS.enter);
  const frames: Frame[] = [];
  for (let seen = ""; !/served 10 requests/.test(seen); ) {
    seen = terminal.text;
    frames.push({ screen: terminal.cells.slice(0, SIZE.rows - 1), ms: INTERVAL_MS });
    await wait(INTERVAL_MS);
  }
  const last = frames.pop();
  if (last) frames.push({ ...last, ms: LAST_MS });
  writeFileSync(FILE, toSvg(frames, TITLE));
  console.log(`${FILE}: ${frames.length} frames`);
} finally {
  terminal.press("q");
  await terminal.exited;
  terminal.dispose();
  rmSync(data, { recursive: true });
}
