/** How closely together the requests of a burst arrive, and how long firing them takes. */

import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { VerdictLine } from "../experiment/core/record-lines.ts";
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
  skew: Readonly<Record<string, number>>;
  firing?: Readonly<Record<string, number>>;
  /** Of requests that did not certainly run while another ran. */
  alone?: Readonly<Record<string, number>>;
}

const BURSTS: readonly Burst[] = [
  { count: 100, skew: { "bare sockets": 1.4, oha: 1 } },
  {
    count: 1_000,
    skew: { "bare sockets": 1.4, oha: 1, k6: 0.5, ky: 0.5 },
    firing: { "undici Pool": 1.25 },
  },
  {
    count: 5_000,
    skew: { "bare sockets": 1.4, oha: 0.85, ky: 0.5 },
    firing: { "undici Pool": 1.5 },
    alone: { "the first": 1 },
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
  const { count, isOverTls, skew, firing = {}, alone = {} } = burst;
  const certificate = isOverTls && certificateFor("localhost");
  await using server = await startArrivalsServer(certificate);
  using folder = new TemporaryFolder();
  const trusted = join(folder.path, "certificate.pem");
  if (certificate) writeFileSync(trusted, certificate.cert);
  const env = certificate ? { NODE_EXTRA_CA_CERTS: trusted } : {};
  const shot = { url: server.url, count, env };
  const turns = Object.entries(contenders)
    .filter(([name]) => name in { ours: true, ...skew, ...firing })
    .map(([name, fire]) => [name, () => server.measure(count, () => fire(shot))]);
  const first = { "the first": async () => ({ alone: 1 }) };
  const what = `${count}${isOverTls ? " over TLS" : ""}`;
  const samples = await measureSideBySide(report, { ...Object.fromEntries(turns), ...first }, [
    { benchmark: `skew of ${what}`, value: "skewMs", unit: "ms", against: skew },
    { benchmark: `firing of ${what}`, value: "firingMs", unit: "ms", against: firing },
    { benchmark: `alone of ${what}`, value: "alone", unit: "requests", against: alone },
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
  using folder = new TemporaryFolder();
  const plan = ["--clients", "x", "--concurrency", `${count}`, "--hold", "1s", "--runs", "1"];
  const data = { LAMBDA_CONCURRENCY_TEST_DATA: folder.path };
  await start(["--target", url.href, ...plan], { ...env, ...data });
  const records = join(folder.path, "records");
  const [record = ""] = readdirSync(records);
  const latencies: number[] = [];
  let verdict: VerdictLine | undefined;
  for await (const line of readRecord(join(records, record))) {
    if (line.type === "verdict") verdict = line;
    if (line.type !== "observation") continue;
    latencies.push((line.answeredAt ?? Number.NaN) - (line.sentAt ?? Number.NaN));
  }
  if (!verdict) throw new Error("The record has no verdict.");
  const p99 = latencies.toSorted((a, b) => a - b)[Math.floor(0.99 * count)] ?? Number.NaN;
  return { firingMs: verdict.wallMs, alone: count - verdict.trials, p99 };
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
  await run("oha", ["--no-tui", "--insecure", ...size, "-m", "POST", "-d", BODY, url.href]);
  return {};
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
