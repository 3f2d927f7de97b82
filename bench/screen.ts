/** What the screen costs: the measurement that it watches, the wait for it, and the machine at rest. */

import { readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { KEYS, Terminal } from "../test/screen/terminal.ts";
import { startArrivalsServer } from "./arrivals.ts";
import { fireOurs, temporaryFolder } from "./burst.ts";
import { measureSideBySide, programOf, type Sample } from "./side-by-side.ts";

const BURST = 5_000;
const SCREEN = programOf("tui/start-screen.ts");
/** The least that an Ink program can be: one line. */
const ONE_LINE = `
  import { render, Text } from "ink";
  import { createElement } from "react";
  const line = createElement(Text, null, "Lambda Concurrency Test");
  render(line, { alternateScreen: true, interactive: true });
  setTimeout(() => {}, 10_000);`;
const BARE_INK = ["--import", "./preload.js", "--input-type", "module", "--eval", ONE_LINE];
/** What a start leaves to be done, such as collecting garbage, is not the screen at rest. */
const SETTLE_MS = 3_000;
const REST_MS = 2_000;

/** Measures all of it. */
export async function benchScreen(): Promise<void> {
  await benchWatching();
  await benchFirstFrame();
  if (process.platform === "linux") await benchRest();
}

/** The same burst with the screen and without. */
async function benchWatching(): Promise<void> {
  await using server = await startArrivalsServer();
  const shot = { url: server.url, count: BURST };
  await measureSideBySide(
    {
      ours: () => server.measure(BURST, () => fireOurs(shot, fireOnScreen)),
      unwatched: () => server.measure(BURST, () => fireOurs(shot)),
    },
    { p99: { unwatched: 1.1 } },
    { what: `of ${BURST}, watched` },
  );
}

async function fireOnScreen(args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const terminal = new Terminal(process.execPath, [...SCREEN, ...args], {
    columns: 120,
    rows: 40,
    env,
  });
  await terminal.shows(/⏎ fire/);
  terminal.press(KEYS.enter);
  await terminal.shows(/ISOLATED|INCONCLUSIVE/);
  terminal.press("q");
  await terminal.exited;
  await terminal.dispose();
}

/** How long somebody waits for the screen, once its code has been compiled by an earlier start. */
async function benchFirstFrame(): Promise<void> {
  const bare = "one line of Ink";
  await measureSideBySide(
    { ours: () => firstFrame(SCREEN), [bare]: () => firstFrame(BARE_INK) },
    { "first frame": { [bare]: 1.25 } },
    { rounds: 9 },
  );
}

async function firstFrame(args: readonly string[]): Promise<Sample> {
  using folder = temporaryFolder();
  const env = { NODE_ENV: "production", LAMBDA_CONCURRENCY_TEST_DATA: folder.path };
  const startedAt = performance.now();
  const terminal = new Terminal(process.execPath, args, { env });
  await terminal.writes("Lambda Concurrency Test");
  const ms = performance.now() - startedAt;
  await terminal.dispose();
  return { "first frame": ms };
}

/** A screen on which nothing moves must let the machine sleep. */
async function benchRest(): Promise<void> {
  using folder = temporaryFolder();
  const env = { LAMBDA_CONCURRENCY_TEST_DATA: folder.path };
  const terminal = new Terminal(process.execPath, [...SCREEN, "--target", "local"], { env });
  await terminal.shows(/⏎ fire/);
  await wait(SETTLE_MS);
  const rest = async () => {
    const before = wakeUps(terminal.pid);
    await wait(REST_MS);
    return { "wake-ups at rest": (wakeUps(terminal.pid) - before) / (REST_MS / 1_000) };
  };
  await measureSideBySide({ ours: rest, none: 0 }, { "wake-ups at rest": { none: 1 } });
  await terminal.dispose();
}

/** How often a process's main thread has gone to sleep, and so was woken, since its start. */
function wakeUps(pid: number): number {
  const status = readFileSync(`/proc/${pid}/task/${pid}/status`, "utf8");
  return Number(/^voluntary_ctxt_switches:\s+(\d+)$/m.exec(status)?.[1]);
}
