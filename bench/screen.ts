/** What the screen costs the measurement: the same burst watched, and fired without a screen. */

import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { VerdictLine } from "../experiment/core/record-lines.ts";
import { readRecord } from "../experiment/records/read-record.ts";
import { quantile } from "../experiment/reports/numbers.ts";
import { KEYS, Terminal } from "../test/screen/terminal.ts";
import { median, printRatio } from "./figures.ts";

const SIZES = [1_000, 5_000];
const ROUNDS = 5;

interface Figures {
  p99: number;
  skew: number;
}

/** Prints, for each size, the p99 of latency and the skew with the screen against without. */
export async function benchScreen(): Promise<void> {
  const server = fork(fileURLToPath(new URL("arrivals-server.ts", import.meta.url)));
  const [{ port }] = await once(server, "message");
  for (const size of SIZES) {
    const watched: Figures[] = [];
    const unwatched: Figures[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      watched.push(await measure(server, port, size, fireWatched));
      unwatched.push(await measure(server, port, size, fireUnwatched));
    }
    for (const figure of ["p99", "skew"] as const) {
      const of = (all: Figures[]) => median(all.map((one) => one[figure]));
      printRatio(
        `${figure} of ${size} with the screen`,
        of(watched),
        "without",
        of(unwatched),
        "ms",
      );
    }
  }
  server.disconnect();
  await once(server, "exit");
}

/** Fires, and leaves a record in the data folder. */
type Fire = (args: readonly string[], data: string) => Promise<void>;

const fireUnwatched: Fire = async (args, data) => {
  const child = spawn(process.execPath, ["experiment/command/main.ts", ...args], {
    env: { ...process.env, LAMBDA_CONCURRENCY_TEST_DATA: data },
    stdio: "ignore",
  });
  await once(child, "exit");
};

const fireWatched: Fire = async (args, data) => {
  const terminal = new Terminal(process.execPath, ["tui/main.ts", ...args], {
    columns: 120,
    rows: 40,
    env: { LAMBDA_CONCURRENCY_TEST_DATA: data },
  });
  await terminal.shows(/⏎ fire/);
  terminal.press(KEYS.enter);
  await terminal.shows(/ISOLATED|INCONCLUSIVE/);
  terminal.press("q");
  await terminal.exited;
  await terminal.dispose();
};

async function measure(
  server: ChildProcess,
  port: number,
  size: number,
  fire: Fire,
): Promise<Figures> {
  const data = mkdtempSync(join(tmpdir(), "bench-of-lambda-concurrency-"));
  const expecting = once(server, "message");
  server.send(0);
  await expecting;
  const target = ["--target", `http://127.0.0.1:${port}/`];
  await fire([...target, "--concurrency", String(size), "--hold", "1s", "--runs", "1"], data);
  const folder = join(data, "records");
  const [name = ""] = readdirSync(folder);
  const latencies: number[] = [];
  let verdict: VerdictLine | undefined;
  for await (const line of readRecord(join(folder, name))) {
    if (line.type === "verdict") verdict = line;
    if (line.type !== "observation") continue;
    latencies.push((line.answeredAt ?? 0) - (line.sentAt ?? 0));
  }
  rmSync(data, { recursive: true });
  const p99 = quantile(
    latencies.toSorted((a, b) => a - b),
    0.99,
  );
  return { p99, skew: verdict?.skewMs ?? Number.NaN };
}
