/** Who fires bursts at the server of the bench: ours, floors, and other people's programs. */

import { existsSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { VerdictLine } from "../../experiment/core/record-lines.ts";
import { readRecord } from "../../experiment/records/read-record.ts";
import { type Ran, run, runOurs } from "../run-program.ts";
import { TemporaryFolder } from "../temporary-folder.ts";
import { BODY } from "./alone.ts";

interface Shot {
  url: URL;
  count: number;
  /** Path of the certificate that the server shows; only over TLS. */
  certificate?: string | undefined;
}

export interface Fired {
  /** The whole program's time, in milliseconds. */
  wholeMs: number;
  /** From the first request's sending until the last answer was read, in milliseconds. */
  firingMs: number;
  /** Of ours: how many requests certainly ran while another ran. */
  trials: number;
}

export type Contender = (shot: Shot) => Promise<Fired>;

/** The program that users run, with its record. */
export const ours: Contender = async ({ url, count, certificate }) => {
  using folder = new TemporaryFolder();
  const out = join(folder.path, "record.ndjson");
  const plan = ["--clients", "x", "--concurrency", `${count}`, "--hold", "1s", "--runs", "1"];
  const env = { LAMBDA_CONCURRENCY_TEST_DATA: folder.path, ...trusting(certificate) };
  const args = ["--target", url.href, ...plan, "--out", out];
  const { wholeMs } = await runOurs("experiment/command/main.ts", args, env);
  let verdict: VerdictLine | undefined;
  for await (const line of readRecord(out)) if (line.type === "verdict") verdict = line;
  const { wallMs = Number.NaN, trials = Number.NaN } = verdict ?? {};
  return { wholeMs, firingMs: wallMs, trials };
};

/** A program of this folder. */
function alone(program: string): Contender {
  const path = fileURLToPath(new URL(program, import.meta.url));
  return async ({ url, count, certificate }) => {
    const ran = await run(process.execPath, [path, url.href, `${count}`], trusting(certificate));
    const { firingMs } = ran.message as { firingMs: number };
    return { wholeMs: ran.wholeMs, firingMs, trials: Number.NaN };
  };
}

export const bareSockets = alone("bare-sockets.ts");
export const undiciPool = alone("undici-pool.ts");
export const plainKy = alone("plain-ky.ts");

const trusting = (certificate: string | undefined): NodeJS.ProcessEnv =>
  certificate === undefined ? {} : { NODE_EXTRA_CA_CERTS: certificate };

export interface Peer {
  name: string;
  fire: Contender;
  /** The command that installs it. */
  install: string;
}

/** Other people's programs, each told to send as many requests as it has connections. */
export const PEERS: readonly Peer[] = [
  {
    name: "oha",
    install: "cargo install oha --locked",
    fire: program("oha", ({ url, count }) => [
      ...["--no-tui", "--insecure", "-n", `${count}`, "-c", `${count}`],
      ...["-m", "POST", "-d", BODY, url.href],
    ]),
  },
  {
    name: "hey",
    install: "go install github.com/rakyll/hey@latest",
    fire: program("hey", ({ url, count }) => [
      ...["-n", `${count}`, "-c", `${count}`, "-t", "60", "-m", "POST", "-d", BODY, url.href],
    ]),
  },
  { name: "k6", install: "go install go.k6.io/k6@latest", fire: fireK6 },
  {
    name: "autocannon",
    install: "npm install --global autocannon",
    fire: program("autocannon", ({ url, count }) => [
      ...["--amount", `${count}`, "--connections", `${count}`, "--timeout", "60"],
      ...["--method", "POST", "--body", BODY, url.href],
    ]),
  },
];

/** Whether a program is on the PATH. */
export function isInstalled({ name }: Peer): boolean {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return folders.some((folder) => existsSync(join(folder, name)));
}

function program(name: string, argsOf: (shot: Shot) => string[]): Contender {
  return async (shot) => fired(await run(name, argsOf(shot)));
}

async function fireK6({ url, count }: Shot): Promise<Fired> {
  using folder = new TemporaryFolder();
  const script = join(folder.path, "burst.js");
  writeFileSync(
    script,
    `import http from "k6/http";
     export const options = { scenarios: { burst: {
       executor: "per-vu-iterations", vus: ${count}, iterations: 1 } } };
     export default () => http.post(${JSON.stringify(url.href)}, ${JSON.stringify(BODY)});`,
  );
  return fired(await run("k6", ["run", "--quiet", "--no-usage-report", script]));
}

const fired = ({ wholeMs }: Ran): Fired => ({
  wholeMs,
  firingMs: Number.NaN,
  trials: Number.NaN,
});
