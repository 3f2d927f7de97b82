/** What it takes to read a record of a million observations and to conclude from it. */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Observation, RecordLine } from "../experiment/core/record-lines.ts";
import { RecordFile } from "../experiment/records/record-file.ts";
import { fireRecorded, temporaryFolder } from "./burst.ts";
import { measureSideBySide, run, type Sample } from "./side-by-side.ts";

const SIZE = 1_000_000;
/** Warm, after their first requests, and asked in turn. */
const ENVIRONMENTS = 1_000;
const HOLD_MS = 1_000;
const READ_ALONE = fileURLToPath(new URL("read-alone.ts", import.meta.url));
/** The most that the process may have in memory. */
const MEMORY_LIMIT_MB = 700;

/** Measures it in processes of their own. */
export async function benchConclusion(): Promise<void> {
  using folder = temporaryFolder();
  const record = join(folder.path, "record.ndjson");
  await writeLongRecord(record);
  const read = async (what: string): Promise<Sample> =>
    JSON.parse((await run(process.execPath, [READ_ALONE, what, record])).stdout);
  const parsing = "JSON.parse of its lines";
  const limit = `the limit of ${MEMORY_LIMIT_MB} MB`;
  await measureSideBySide(
    {
      ours: () => read("conclude"),
      [parsing]: () => read("parse"),
      [limit]: MEMORY_LIMIT_MB,
    },
    {
      reading: { [parsing]: 2 },
      "conclusion over": { [parsing]: 0.7 },
      "memory of the process,": { [limit]: 1 },
    },
    { what: `${SIZE.toLocaleString("en")} observations` },
  );
}

/**
 * Writes a record as an experiment of that length would leave it. The program itself fires requests
 * and records them; all lines are the first one's, with other values, and are written as the program
 * writes them, so that what is read is what users have.
 */
async function writeLongRecord(path: string): Promise<void> {
  // Of one request alone nothing can be concluded, which would end the program with an error.
  const plan = ["--clients", "x", "--concurrency", "2", "--hold", `${HOLD_MS}ms`, "--runs", "1"];
  const [first, fired]: RecordLine[] = (await fireRecorded(plan)).lines;
  if (first?.type !== "run" || fired?.type !== "observation") {
    throw new Error("The record begins with something else than a run and a request.");
  }
  const stages = [{ concurrency: ENVIRONMENTS, requests: SIZE, pauseMs: 0 }];
  const record = new RecordFile(path);
  record.append({ ...first, plan: { ...first.plan, stages } });
  for (let index = 0; index < SIZE; index++) record.append(observationOf(fired, index));
  record.close();
}

/**
 * Rounds of all environments; each one's clock began at a time of its own. A field that is given
 * another value keeps its place.
 */
function observationOf(fired: Observation, index: number): Observation {
  const { response, sentAt: firstSentAt = 0 } = fired;
  if (!response?.environment || !response.invocation)
    throw new Error("The answer has no identity.");
  const { globalData, environment, invocation } = response;
  const place = index % ENVIRONMENTS;
  const round = Math.floor(index / ENVIRONMENTS);
  const counter = round + 1;
  const sentAt = firstSentAt + round * (HOLD_MS + 10) + place / 1_000;
  const enteredAt = invocation.enteredAt + 7_919 * place + sentAt + 3.25;
  const requestId = withNumber(invocation.requestId, index);
  return {
    ...fired,
    index,
    sentAt,
    answeredAt: sentAt + HOLD_MS + 6,
    requestId,
    response: {
      ...response,
      globalData: { ...globalData, counter },
      environment: {
        ...environment,
        id: withNumber(environment.id, place),
        instance: withNumber(environment.instance, place),
        pid: environment.pid + place,
        coldStart: round === 0,
      },
      invocation: {
        ...invocation,
        requestId,
        enteredAt,
        leftAt: enteredAt + HOLD_MS + 0.5,
        onEntry: { ...invocation.onEntry, counter },
      },
    },
  };
}

/** An identity of the same length. */
function withNumber(identity: string, number: number): string {
  const digits = number.toString(16).padStart(8, "0");
  return identity.slice(0, -digits.length) + digits;
}
