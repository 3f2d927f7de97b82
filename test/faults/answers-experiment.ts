/** One experiment of the real program at a target that fails: what it prints, and what it records. */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { Observation, RecordLine } from "../../experiment/core/record-lines.ts";
import { start, temporaryFolder } from "../processes.ts";
import { linesOf } from "../record-lines.ts";
import { type Faults, idFor, startFaultyServer } from "./answers-server.ts";

interface Seen {
  code: number | NodeJS.Signals;
  stdout: string;
  stderr: string;
  record: RecordLine[];
  observations: Observation[];
}

/** Fires once at a target, with the shortest hold. */
export async function fireOnce(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Seen> {
  const folder = temporaryFolder();
  const out = join(folder, "record.ndjson");
  const quick = ["--hold", "100ms", "--runs", "1", "--out", out];
  const running = start("experiment/command/run-experiment.ts", [...quick, ...args], {
    LAMBDA_CONCURRENCY_TEST_DATA: folder,
    ...env,
  });
  const code = await running.ended;
  const record = existsSync(out) ? linesOf(readFileSync(out, "utf8")) : [];
  const observations = record.filter((line) => line.type === "observation");
  const seen = { code, stdout: running.stdout(), stderr: running.stderr(), record, observations };
  expect(`${seen.stdout}${seen.stderr}`).not.toMatch(/\n\s+at |undefined|\[object/);
  return seen;
}

/** One run against a server with these faults, one request for each; expects of each what it says. */
export async function meetFaults(faults: Faults): Promise<Seen> {
  const server = await startFaultyServer(faults);
  const clients = Object.keys(faults);
  const seen = await fireOnce(["--target", server.url.href, "--clients", clients.join()]);
  expectFaults(faults, seen);
  expect(server.requests).toHaveLength(clients.length);
  expect(seen.code).toBe(3);
  return seen;
}

/** Every fault is one observation, and the row of its client says the same. */
export function expectFaults(faults: Faults, { stdout, observations }: Seen): void {
  expect(observations.map(({ client }) => client).sort()).toEqual(Object.keys(faults).sort());
  for (const observation of observations) {
    const { client, outcome, status, requestId, message = "", response } = observation;
    const fault = faults[client];
    expect.soft({ client, outcome, status, requestId }).toEqual({
      client,
      outcome: fault?.outcome,
      status: fault?.status,
      requestId: fault?.isLambda ? idFor(client) : undefined,
    });
    expect.soft(message, client).toMatch(fault?.message ?? /^$/);
    expect.soft(response?.client, client).toBe(outcome === "ok" ? client : undefined);
    const row = stdout.split("\n").find((line) => line.startsWith(`  ${client} `)) ?? "";
    if (outcome === "ok") expect.soft(row).toContain(`counter: 1, client: "${client}"`);
    else expect.soft(row.trim().split(/ {2,}/)).toEqual([client, outcome, message].filter(Boolean));
  }
}
