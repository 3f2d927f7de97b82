/** How closely together the requests of a burst arrive, and how long the whole program takes. */

import { mkdtempDisposableSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { RecordLine } from "../experiment/core/record-lines.ts";
import { readRecord } from "../experiment/records/read-record.ts";
import { certificateFor } from "../test/certificates.ts";
import { startArrivalsServer } from "./arrivals.ts";
import { measureSideBySide, programOf, run, type Sample, type Targets } from "./side-by-side.ts";

const PROGRAM = "program with a burst";

interface Burst {
  count: number;
  isOverTls?: true;
  rounds?: number;
  targets: Readonly<Record<string, Targets>>;
}

/**
 * Bursts of so many requests. `alone` are those that did not certainly run while another ran; a program
 * is measured from its start to its end, at a server that holds each request for a second.
 */
const BURSTS: readonly Burst[] = [
  { count: 5, rounds: 5, targets: { [PROGRAM]: { oha: 1.3 } } },
  {
    count: 100,
    rounds: 5,
    targets: { skew: { "bare sockets": 1.4, oha: 1 }, [PROGRAM]: { oha: 1.3 } },
  },
  {
    count: 1_000,
    targets: {
      skew: { "bare sockets": 1.4, oha: 1, ky: 0.5 },
      [PROGRAM]: { oha: 1.6 },
    },
  },
  {
    count: 5_000,
    targets: {
      skew: { "bare sockets": 1.4, oha: 0.85, ky: 0.5 },
      alone: { "the first": 1 },
      [PROGRAM]: { oha: 2 },
    },
  },
  { count: 1_000, isOverTls: true, targets: { skew: { "bare sockets": 1.2, oha: 0.2 } } },
];

/** What a contender is asked to do: to send so many requests at once. */
export interface Shot {
  url: URL;
  count: number;
}

/** The server shows a certificate that it signed itself. */
const UNVERIFIED = { NODE_TLS_REJECT_UNAUTHORIZED: "0" };

/** Measures bursts over TCP and over TLS. */
export async function benchBurst(): Promise<void> {
  const hasOha = await run("oha", ["--version"]).then(
    () => true,
    () => false,
  );
  if (!hasOha) console.error("oha is missing: cargo install oha --locked");
  for (const { count, isOverTls, rounds, targets } of BURSTS) {
    await using server = await startArrivalsServer(isOverTls && certificateFor("localhost"));
    const shot = { url: server.url, count };
    const names = ["ours", ...Object.values(targets).flatMap((against) => Object.keys(against))];
    const turns = names
      .filter((name) => name !== "oha" || hasOha)
      .map((name) => [name, () => server.measure(count, () => fire(name, shot))]);
    const contenders = { ...Object.fromEntries(turns), "the first": 1 };
    const what = `of ${count}${isOverTls ? " over TLS" : ""}`;
    await measureSideBySide(contenders, targets, { what, rounds });
  }
}

/** @returns what a contender knows of its shot beside the arrivals */
function fire(name: string, shot: Shot): Promise<Sample> {
  if (name === "ours") return fireOurs(shot);
  return name === "oha" ? fireOha(shot) : fireOther(name, shot);
}

/**
 * Fires with a program that users run, and reads its record.
 *
 * @param start runs the program to its end; it is the one without a screen, unless given
 */
export async function fireOurs({ url, count }: Shot, start = runExperiment): Promise<Sample> {
  const plan = ["--clients", "x", "--concurrency", `${count}`, "--hold", "1s", "--runs", "1"];
  const { lines, ms } = await fireRecorded(["--target", url.href, ...plan], start);
  const verdict = lines.find((line) => line.type === "verdict");
  if (!verdict) throw new Error("The record has no verdict.");
  const p99 = latenciesOf(lines)[Math.floor(0.99 * count)] ?? Number.NaN;
  return { alone: count - verdict.trials, p99, [PROGRAM]: ms };
}

/** Fires with a program that users run, and gives what it recorded, and how long it took from start to end. */
export async function fireRecorded(
  args: readonly string[],
  start = runExperiment,
): Promise<{ lines: RecordLine[]; ms: number }> {
  using folder = temporaryFolder();
  const startedAt = performance.now();
  await start(args, { ...UNVERIFIED, LAMBDA_CONCURRENCY_TEST_DATA: folder.path });
  const ms = performance.now() - startedAt;
  const records = join(folder.path, "records");
  const [record = ""] = readdirSync(records);
  return { lines: await Array.fromAsync(readRecord(join(records, record))), ms };
}

/** From sending to answer, in milliseconds, the shortest first. */
export function latenciesOf(lines: readonly RecordLine[]): number[] {
  return lines
    .filter((line) => line.type === "observation")
    .map(({ answeredAt = Number.NaN, sentAt = Number.NaN }) => answeredAt - sentAt)
    .sort((a, b) => a - b);
}

/** A folder that goes at the end of its block. */
export const temporaryFolder = () =>
  mkdtempDisposableSync(join(tmpdir(), "bench-of-lambda-concurrency-"));

async function runExperiment(args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  await run(process.execPath, programOf("experiment/command/run-experiment.ts", args), env);
}

/** The same request as ours sends. */
const BODY = '{"client":"x","holdMs":1000,"steps":5}';
const OTHER_CLIENTS = fileURLToPath(new URL("other-clients.ts", import.meta.url));

async function fireOther(name: string, { url, count }: Shot): Promise<Sample> {
  const args = [OTHER_CLIENTS, name, url.href, `${count}`, BODY];
  await run(process.execPath, args, UNVERIFIED);
  return {};
}

async function fireOha({ url, count }: Shot): Promise<Sample> {
  const size = ["-n", `${count}`, "-c", `${count}`];
  const request = ["-m", "POST", "-d", BODY, url.href];
  const { ms } = await run("oha", ["--no-tui", "--insecure", ...size, ...request]);
  return { [PROGRAM]: ms };
}
