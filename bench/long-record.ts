/**
 * A record as an experiment of any length would leave it: warm environments that serve in turn. The
 * program itself fires one request and records it; all lines are that request's, with other values,
 * and are written as the program writes them, so that what is read is what users have.
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plan } from "../experiment/core/plan/plan.ts";
import type { Observation, RecordLine, RunLine } from "../experiment/core/record-lines.ts";
import { runExperiment } from "../experiment/experiment.ts";
import { RecordFile } from "../experiment/records/record-file.ts";
import { openLocalTarget } from "../experiment/targets/local-target.ts";
import { TemporaryFolder } from "./side-by-side.ts";

/** Fewer requests than this have an environment each. */
const ENVIRONMENTS = 1_000;
const HOLD_MS = 100;
const CLIENTS = ["Ana", "Mario", "Eva", "Luis", "Noa"];

/** The lines of one run of one request, as they were recorded. */
export interface Fired {
  run: RunLine;
  observation: Observation;
}

/** Fires one request at the embedded Lambda, and reads what was recorded of it. */
export async function fireOne(): Promise<Fired> {
  using folder = new TemporaryFolder();
  const out = join(folder.path, "record.ndjson");
  const target = await openLocalTarget({});
  try {
    const signal = new AbortController().signal;
    await runExperiment({ plan: planOf(1), target, signal, out });
  } finally {
    await target.close();
  }
  const texts = readFileSync(out, "utf8").trimEnd().split("\n");
  const [run, observation]: RecordLine[] = texts.map((text) => JSON.parse(text));
  if (run?.type !== "run" || observation?.type !== "observation") {
    throw new Error("The record of one request begins with something else than its run and it.");
  }
  return { run, observation };
}

/** Writes a record of one run with so many observations. */
export function writeLongRecord(path: string, requests: number, fired: Fired): void {
  const record = new RecordFile(path);
  record.append({ ...fired.run, plan: planOf(requests) });
  for (let index = 0; index < requests; index++) {
    record.append(observationOf(fired.observation, index));
  }
  record.close();
}

function planOf(requests: number): Plan {
  const stages = [{ concurrency: Math.min(ENVIRONMENTS, requests), requests, pauseMs: 0 }];
  return { name: "custom", clients: CLIENTS, holdMs: HOLD_MS, steps: 5, stages };
}

/**
 * Rounds of all environments; each one's clock began at a time of its own. A field that is given
 * another value keeps its place.
 */
function observationOf(fired: Observation, index: number): Observation {
  const { response, sentAt: firstSentAt = 0 } = fired;
  if (!response?.environment || !response.invocation)
    throw new Error("Its answer has no identity.");
  const place = index % ENVIRONMENTS;
  const round = Math.floor(index / ENVIRONMENTS);
  const client = CLIENTS[index % CLIENTS.length] ?? "";
  const sentAt = firstSentAt + round * (HOLD_MS + 10) + place / 1_000;
  const enteredAt = response.invocation.enteredAt + 7_919 * place + sentAt + 3.25;
  const onEntry = { counter: round + 1, client };
  const requestId = withNumber(response.invocation.requestId, index);
  return {
    ...fired,
    index,
    client,
    sentAt,
    answeredAt: sentAt + HOLD_MS + 6,
    requestId,
    response: {
      ...response,
      client,
      globalData: { ...response.globalData, ...onEntry, clients: [client] },
      environment: {
        ...response.environment,
        id: withNumber(response.environment.id, place),
        instance: withNumber(response.environment.instance, place),
        pid: response.environment.pid + place,
        coldStart: round === 0,
      },
      invocation: {
        ...response.invocation,
        requestId,
        enteredAt,
        leftAt: enteredAt + HOLD_MS + 0.5,
        onEntry,
      },
    },
  };
}

/** An identity of the same length. */
function withNumber(identity: string, number: number): string {
  const digits = number.toString(16).padStart(8, "0");
  return identity.slice(0, -digits.length) + digits;
}
