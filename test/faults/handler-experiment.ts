/** An experiment of the real programs: the runner, at an embedded Lambda that runs alone. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Observation, RecordLine } from "../../experiment/core/record-lines.ts";
import { type Running, start, temporaryFolder } from "../processes.ts";
import { linesOf } from "../record-lines.ts";
import { waitUntil } from "../wait-until.ts";

export interface AloneLambda extends Running {
  url: string;
}

/** Starts an embedded Lambda alone, with code of the test's own, whose log it does not show. */
export async function startLambdaAlone(...args: string[]): Promise<AloneLambda> {
  const running = start("local-lambda/serve.ts", ["--quiet", ...args]);
  const url = await waitUntil("the URL", () => /http:\S+/.exec(running.stdout())?.[0]);
  return { ...running, url };
}

export interface Result {
  code: number | NodeJS.Signals;
  stdout: string;
  stderr: string;
  record: RecordLine[];
  /** By client; the latest of each. */
  seen: Map<string, Observation>;
}

/** Fires one request of each client at a URL, and reads what was printed and recorded. */
export async function fireEach(
  url: string,
  clients: readonly string[],
  ...args: string[]
): Promise<Result> {
  const data = temporaryFolder();
  const all = ["--target", url, "--clients", clients.join(","), "--requests", `${clients.length}`];
  const running = start(
    "experiment/command/run-experiment.ts",
    [...all, "--hold", "100ms", "--runs", "1", ...args],
    { LAMBDA_CONCURRENCY_TEST_DATA: data },
  );
  const code = await running.ended;
  const folder = join(data, "records");
  const [name = ""] = readdirSync(folder);
  const record = linesOf(readFileSync(join(folder, name), "utf8"));
  const seen = new Map(
    record
      .filter((line): line is Observation => line.type === "observation")
      .map((observation) => [observation.client, observation]),
  );
  return { code, stdout: running.stdout(), stderr: running.stderr(), record, seen };
}

/** What stands in the printed row of a client. */
export function printedOf({ stdout }: Result, client: string): string {
  return new RegExp(`^ {2}${client} .*$`, "m").exec(stdout)?.[0] ?? "";
}
