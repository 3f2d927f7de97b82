/** What the screen costs: the measurement that it watches, the wait for it, and the machine at rest. */

import { readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { KEYS, Terminal, type TerminalOptions } from "../test/screen/terminal.ts";
import { startArrivalsServer } from "./arrivals.ts";
import { fireOurs } from "./burst.ts";
import { measureSideBySide, type Report, type Sample, TemporaryFolder } from "./side-by-side.ts";

const BURST = 5_000;
const FIRST_FRAME_ROUNDS = 9;
/** What a start leaves to be done, such as collecting garbage, is not the screen at rest. */
const SETTLE_MS = 3_000;
const REST_MS = 2_000;

/** Measures all of it. */
export async function benchScreen(report: Report): Promise<void> {
  await benchWatching(report);
  await benchFirstFrame(report);
  if (process.platform === "linux") await benchRest(report);
}

/** The same burst with the screen and without. */
async function benchWatching(report: Report): Promise<void> {
  await using server = await startArrivalsServer();
  const shot = { url: server.url, count: BURST, env: {} };
  await measureSideBySide(
    report,
    {
      ours: () => server.measure(BURST, () => fireOurs(shot, fireOnScreen)),
      unwatched: () => server.measure(BURST, () => fireOurs(shot)),
    },
    [
      {
        benchmark: `p99 of ${BURST}, watched`,
        value: "p99",
        unit: "ms",
        against: { unwatched: 1.1 },
      },
    ],
  );
}

async function fireOnScreen(args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const terminal = open("tui/start-screen.ts", args, { columns: 120, rows: 40, env });
  await terminal.shows(/⏎ fire/);
  terminal.press(KEYS.enter);
  await terminal.shows(/ISOLATED|INCONCLUSIVE/);
  terminal.press("q");
  await terminal.exited;
  await terminal.dispose();
}

/** How long somebody waits for the screen, once its code has been compiled by an earlier start. */
async function benchFirstFrame(report: Report): Promise<void> {
  const bare = "one line of Ink";
  await measureSideBySide(
    report,
    {
      ours: () => firstFrame("tui/start-screen.ts"),
      [bare]: () => firstFrame("bench/bare-ink.ts"),
    },
    [{ benchmark: "first frame", value: "ms", unit: "ms", against: { [bare]: 1.25 } }],
    FIRST_FRAME_ROUNDS,
  );
}

async function firstFrame(program: string): Promise<Sample> {
  using folder = new TemporaryFolder();
  const env = { NODE_ENV: "production", LAMBDA_CONCURRENCY_TEST_DATA: folder.path };
  const startedAt = performance.now();
  const terminal = open(program, [], { env });
  await terminal.writes("Lambda Concurrency Test");
  const ms = performance.now() - startedAt;
  await terminal.dispose();
  return { ms };
}

/** A screen on which nothing moves must let the machine sleep. */
async function benchRest(report: Report): Promise<void> {
  using folder = new TemporaryFolder();
  const env = { LAMBDA_CONCURRENCY_TEST_DATA: folder.path };
  const terminal = open("tui/start-screen.ts", ["--target", "local"], { env });
  await terminal.shows(/⏎ fire/);
  await wait(SETTLE_MS);
  const rest = async () => {
    const before = wakeUps(terminal.pid);
    await wait(REST_MS);
    return { wakeUps: (wakeUps(terminal.pid) - before) / (REST_MS / 1_000) };
  };
  await measureSideBySide(report, { ours: rest, none: async () => ({ wakeUps: 0 }) }, [
    {
      benchmark: "wake-ups at rest",
      value: "wakeUps",
      unit: "/s",
      against: { none: 1 },
    },
  ]);
  await terminal.dispose();
}

/** How often a process's main thread has gone to sleep, and so was woken, since its start. */
function wakeUps(pid: number): number {
  const status = readFileSync(`/proc/${pid}/task/${pid}/status`, "utf8");
  return Number(/^voluntary_ctxt_switches:\s+(\d+)$/m.exec(status)?.[1]);
}

function open(program: string, args: readonly string[], options: TerminalOptions): Terminal {
  return new Terminal(process.execPath, ["--import", "./preload.js", program, ...args], options);
}
