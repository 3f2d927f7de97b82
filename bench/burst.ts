/** How closely together the requests of a burst arrive, and how long firing them takes. */

import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { RecordLine } from "../experiment/core/record-lines.ts";
import { readRecord } from "../experiment/records/read-record.ts";
import { certificateFor } from "../test/certificates.ts";
import { startArrivalsServer } from "./arrivals.ts";
import {
  measureSideBySide,
  median,
  type Report,
  run,
  runOurs,
  type Sample,
  TemporaryFolder,
} from "./side-by-side.ts";

/** A burst of so many requests, and how many times what others need ours may need. */
interface Burst {
  count: number;
  isOverTls?: true;
  skew?: Readonly<Record<string, number>>;
  firing?: Readonly<Record<string, number>>;
  /** Of requests that did not certainly run while another ran. */
  alone?: Readonly<Record<string, number>>;
  /** The program from its start to its end, at a server that holds each request for a second. */
  program?: Readonly<Record<string, number>>;
}

const BURSTS: readonly Burst[] = [
  { count: 5, program: { oha: 1.3 } },
  { count: 100, skew: { "bare sockets": 1.4, oha: 1 }, program: { oha: 1.3 } },
  {
    count: 1_000,
    skew: { "bare sockets": 1.4, oha: 1, k6: 0.5, ky: 0.5 },
    firing: { "undici Pool": 1.25 },
    program: { oha: 1.6 },
  },
  {
    count: 5_000,
    skew: { "bare sockets": 1.4, oha: 0.85, ky: 0.5 },
    firing: { "undici Pool": 1.5 },
    alone: { "the first": 1 },
    program: { oha: 2 },
  },
  { count: 1_000, isOverTls: true, skew: { "bare sockets": 1.2, oha: 0.2 } },
];

/** Other people's programs, which take part where they are installed, and what installs them. */
const PEERS = { oha: "cargo install oha --locked", k6: "go install go.k6.io/k6@latest" };

/** Measures bursts over TCP and over TLS. */
export async function benchBurst(report: Report): Promise<void> {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const contenders = { ...CONTENDERS };
  for (const [name, install] of Object.entries(PEERS)) {
    if (folders.some((folder) => existsSync(join(folder, name)))) continue;
    console.error(`${name} is missing: ${install}`);
    delete contenders[name];
  }
  for (const burst of BURSTS) await benchOne(report, burst, contenders);
}

async function benchOne(report: Report, burst: Burst, contenders: Contenders): Promise<void> {
  const { count, isOverTls, skew = {}, firing = {}, alone = {}, program = {} } = burst;
  const certificate = isOverTls && certificateFor("localhost");
  await using server = await startArrivalsServer(certificate);
  using folder = new TemporaryFolder();
  const trusted = join(folder.path, "certificate.pem");
  if (certificate) writeFileSync(trusted, certificate.cert);
  const env = certificate ? { NODE_EXTRA_CA_CERTS: trusted } : {};
  const shot = { url: server.url, count, env };
  const turns = Object.entries(contenders)
    .filter(([name]) => name in { ours: true, ...skew, ...firing, ...program })
    .map(([name, fire]) => [name, () => server.measure(count, () => fire(shot))]);
  const first = { "the first": async () => ({ alone: 1 }) };
  const what = `${count}${isOverTls ? " over TLS" : ""}`;
  const samples = await measureSideBySide(report, { ...Object.fromEntries(turns), ...first }, [
    { benchmark: `skew of ${what}`, value: "skewMs", unit: "ms", against: skew },
    { benchmark: `firing of ${what}`, value: "firingMs", unit: "ms", against: firing },
    { benchmark: `alone of ${what}`, value: "alone", unit: "requests", against: alone },
    {
      benchmark: `program with a burst of ${what}`,
      value: "wholeMs",
      unit: "ms",
      against: program,
    },
  ]);
  const busy = median((samples["bare sockets"] ?? []).flatMap((sample) => sample.busy ?? []));
  console.error(`the server was busy ${Math.round(100 * busy)} % of the bare sockets' ${what}`);
}

/** What a contender is asked to do: to send so many requests at once. */
export interface Shot {
  url: URL;
  count: number;
  /** What makes a Node.js trust the certificate that the server shows over TLS. */
  env: NodeJS.ProcessEnv;
}

/** Each fires, and resolves to what it knows of it beside the arrivals. */
type Contenders = Record<string, (shot: Shot) => Promise<Sample>>;

const CONTENDERS: Readonly<Contenders> = {
  ours: (shot) => fireOurs(shot),
  "bare sockets": (shot) => fireOther("bare sockets", shot),
  "undici Pool": (shot) => fireOther("undici Pool", shot),
  ky: (shot) => fireOther("ky", shot),
  oha: fireOha,
  k6: fireK6,
};

/**
 * Fires with a program that users run, and reads its record.
 *
 * @param start runs the program to its end; it is the one without a screen, unless given
 */
export async function fireOurs({ url, count, env }: Shot, start = runExperiment): Promise<Sample> {
  const plan = ["--clients", "x", "--concurrency", `${count}`, "--hold", "1s", "--runs", "1"];
  const { lines, wholeMs } = await fireRecorded(["--target", url.href, ...plan], env, start);
  const verdict = lines.find((line) => line.type === "verdict");
  if (!verdict) throw new Error("The record has no verdict.");
  const p99 = latenciesOf(lines)[Math.floor(0.99 * count)] ?? Number.NaN;
  return { firingMs: verdict.wallMs, alone: count - verdict.trials, p99, wholeMs };
}

/** Fires with a program that users run, and gives what it recorded, and how long it took from start to end. */
export async function fireRecorded(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  start = runExperiment,
): Promise<{ lines: RecordLine[]; wholeMs: number }> {
  using folder = new TemporaryFolder();
  const startedAt = performance.now();
  await start(args, { ...env, LAMBDA_CONCURRENCY_TEST_DATA: folder.path });
  const wholeMs = performance.now() - startedAt;
  const records = join(folder.path, "records");
  const [record = ""] = readdirSync(records);
  return { lines: await Array.fromAsync(readRecord(join(records, record))), wholeMs };
}

/** From sending to answer, in milliseconds, the shortest first. */
export function latenciesOf(lines: readonly RecordLine[]): number[] {
  return lines
    .filter((line) => line.type === "observation")
    .map(({ answeredAt = Number.NaN, sentAt = Number.NaN }) => answeredAt - sentAt)
    .sort((a, b) => a - b);
}

async function runExperiment(args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  await runOurs("experiment/command/run-experiment.ts", args, env);
}

/** The same request as ours sends. */
const BODY = '{"client":"x","holdMs":1000,"steps":5}';
const OTHER_CLIENTS = fileURLToPath(new URL("other-clients.ts", import.meta.url));

async function fireOther(name: string, { url, count, env }: Shot): Promise<Sample> {
  const args = [OTHER_CLIENTS, name, url.href, `${count}`, BODY];
  return (await run(process.execPath, args, env)).message as Sample;
}

async function fireOha({ url, count }: Shot): Promise<Sample> {
  const size = ["-n", `${count}`, "-c", `${count}`];
  const request = ["-m", "POST", "-d", BODY, url.href];
  const { wholeMs } = await run("oha", ["--no-tui", "--insecure", ...size, ...request]);
  return { wholeMs };
}

async function fireK6({ url, count }: Shot): Promise<Sample> {
  using folder = new TemporaryFolder();
  const script = join(folder.path, "burst.js");
  writeFileSync(
    script,
    `import http from "k6/http";
     export const options = { scenarios: { burst: {
       executor: "per-vu-iterations", vus: ${count}, iterations: 1 } } };
     export default () => http.post(${JSON.stringify(url.href)}, ${JSON.stringify(BODY)});`,
  );
  await run("k6", ["run", "--quiet", "--no-usage-report", script]);
  return {};
}
