/** What the screen costs: the measurement that it watches, the wait for it, and the machine at rest. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { readRecord } from "../../experiment/records/read-record.ts";
import { quantile } from "../../experiment/reports/numbers.ts";
import { KEYS, Terminal, type TerminalOptions } from "../../test/screen/terminal.ts";
import { ArrivalsServer } from "../burst/arrivals.ts";
import { compare } from "../figures.ts";
import { interleave } from "../interleave.ts";
import type { Report } from "../report.ts";
import { runOurs } from "../run-program.ts";
import { TemporaryFolder } from "../temporary-folder.ts";

const SIZES = [100, 1_000, 5_000];
/** With the screen a latency may be so many times what it is without. */
const WATCHED_TARGET = 1.1;
const FIRST_FRAME_ROUNDS = 9;
const SCREEN = "tui/main.ts";
const ONE_LINE = "bench/screen/one-line.ts";
/** What a start leaves to be done, such as collecting garbage, is not the screen at rest. */
const SETTLE_MS = 3_000;
const REST_MS = 2_000;

/** Measures all of it. */
export async function benchScreen(report: Report): Promise<void> {
  for (const count of SIZES) await benchWatching(report, count);
  await benchFirstFrame(report);
  if (process.platform === "linux") await benchRest(report);
}

interface Figures {
  /** Latencies' 99th percentile, in milliseconds. */
  p99: number;
  /** How far apart the requests arrived, in milliseconds. */
  skewMs: number;
}

/** Fires a plan, and leaves a record in the data folder. */
type Fire = (plan: readonly string[], env: NodeJS.ProcessEnv) => Promise<void>;

async function benchWatching(report: Report, count: number): Promise<void> {
  await using server = await ArrivalsServer.start();
  const samples = await interleave({
    watched: () => measure(server, count, fireWatched),
    unwatched: () => measure(server, count, fireUnwatched),
  });
  const of = (all: readonly Figures[], key: keyof Figures) => all.map((one) => one[key]);
  const against = "without the screen";
  const figures = [
    { name: "p99", key: "p99", target: WATCHED_TARGET },
    { name: "skew", key: "skewMs" },
  ] as const;
  for (const { name, key, ...target } of figures) {
    report.add(
      compare({
        benchmark: `${name} of ${count} with the screen`,
        against,
        ours: of(samples.watched, key),
        theirs: of(samples.unwatched, key),
        unit: "ms",
        ...target,
      }),
    );
  }
}

async function measure(server: ArrivalsServer, count: number, fire: Fire): Promise<Figures> {
  using folder = new TemporaryFolder();
  const plan = ["--clients", "x", "--concurrency", `${count}`, "--hold", "1s", "--runs", "1"];
  const args = ["--target", server.url.href, ...plan];
  const env = { LAMBDA_CONCURRENCY_TEST_DATA: folder.path };
  const { skewMs } = await server.measure(count, () => fire(args, env));
  const records = join(folder.path, "records");
  const [record = ""] = readdirSync(records);
  const latencies: number[] = [];
  for await (const line of readRecord(join(records, record))) {
    if (line.type === "observation") latencies.push((line.answeredAt ?? 0) - (line.sentAt ?? 0));
  }
  const sorted = latencies.toSorted((a, b) => a - b);
  return { p99: quantile(sorted, 0.99), skewMs };
}

const fireUnwatched: Fire = async (plan, env) => {
  await runOurs("experiment/command/main.ts", plan, env);
};

const fireWatched: Fire = async (plan, env) => {
  const terminal = openTerminal("tui/main.ts", plan, { columns: 120, rows: 40, env });
  await terminal.shows(/⏎ fire/);
  terminal.press(KEYS.enter);
  await terminal.shows(/ISOLATED|INCONCLUSIVE/);
  terminal.press("q");
  await terminal.exited;
  await terminal.dispose();
};

async function benchFirstFrame(report: Report): Promise<void> {
  // The first start compiles what the later ones find compiled.
  await firstFrame(SCREEN, { isLeft: true });
  const samples = await interleave(
    { ours: () => firstFrame(SCREEN, {}), least: () => firstFrame(ONE_LINE, {}) },
    FIRST_FRAME_ROUNDS,
  );
  report.add(
    compare({
      benchmark: "first frame",
      against: "an Ink program of one line",
      ours: samples.ours,
      theirs: samples.least,
      unit: "ms",
    }),
  );
}

/** @param isLeft whether to leave in order, so that what was compiled is kept */
async function firstFrame(program: string, { isLeft = false }): Promise<number> {
  using folder = new TemporaryFolder();
  const startedAt = performance.now();
  const env = { NODE_ENV: "production", LAMBDA_CONCURRENCY_TEST_DATA: folder.path };
  const terminal = openTerminal(program, [], { env });
  await terminal.writes("Lambda Concurrency Test");
  const ms = performance.now() - startedAt;
  if (isLeft) {
    await terminal.shows(/⏎ fire/);
    terminal.press("q");
    await terminal.exited;
  }
  await terminal.dispose();
  return ms;
}

/** A screen on which nothing moves must let the machine sleep. */
async function benchRest(report: Report): Promise<void> {
  using folder = new TemporaryFolder();
  const env = { LAMBDA_CONCURRENCY_TEST_DATA: folder.path };
  const terminal = openTerminal(SCREEN, ["--target", "local"], { env });
  await terminal.shows(/⏎ fire/);
  await wait(SETTLE_MS);
  const rest = async () => {
    const before = wakeUps(terminal.pid);
    await wait(REST_MS);
    return (wakeUps(terminal.pid) - before) / (REST_MS / 1_000);
  };
  const { ours } = await interleave({ ours: rest });
  await terminal.dispose();
  report.add(
    compare({
      benchmark: "wake-ups of the screen at rest",
      against: "none",
      ours,
      theirs: [0],
      unit: "wake-ups/s",
      target: 1,
    }),
  );
}

/** How often a process's main thread has gone to sleep, and so was woken, since its start. */
function wakeUps(pid: number): number {
  const status = readFileSync(`/proc/${pid}/task/${pid}/status`, "utf8");
  return Number(/^voluntary_ctxt_switches:\s+(\d+)$/m.exec(status)?.[1]);
}

function openTerminal(program: string, args: readonly string[], options: TerminalOptions) {
  return new Terminal(process.execPath, ["--import", "./preload.js", program, ...args], options);
}
