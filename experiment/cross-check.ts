/**
 * Asks the service's own log whether the answers of a recorded experiment told the truth of their
 * environments, and records what it says. All that it needs stands on the record.
 */

import { setTimeout as wait } from "node:timers/promises";
import { unlessAborted } from "./core/abort.ts";
import { ExperimentError } from "./core/errors.ts";
import {
  type CrossCheckLine,
  isOfPart,
  type Observation,
  type RunLine,
  runnerOf,
} from "./core/record-lines.ts";
import {
  type CheckedRequest,
  checkedRequestOf,
  compare,
  INITIALIZATION_MS,
  isLogComplete,
  type LoggedEvent,
  type Period,
} from "./core/verdict/log-comparison.ts";
import { Fold, type RunState } from "./records/fold.ts";
import { followRecord } from "./records/read-record.ts";
import { appendToRecord, ensureContinuable } from "./records/record-at-rest.ts";
import { credentialsFor, standardCredentials, type Waiting } from "./targets/aws-credentials.ts";
import { consoleLink, type LogPlace, readEvents } from "./targets/cloudwatch-logs.ts";

/** Lines reach the log some seconds after they were written. */
const PATIENCE_MS = 60_000;
const RETRY_MS = 3_000;
/** Clocks are compared by answers that took a while: the first shot may have fallen this earlier. */
const MARGIN_MS = 1_000;

/**
 * @param path of a record whose experiment was fired at a stack
 * @param signal ends the waiting for credentials, and for a log that is late
 * @returns the line that was added to the record
 * @throws ExperimentError when the record is of no stack, or lacks what other runners fired, or may be
 *   being written, or the log cannot be read
 */
export async function crossCheck(
  path: string,
  signal: AbortSignal,
  options: Waiting = {},
): Promise<CrossCheckLine> {
  await ensureContinuable(path);
  const recorded = await readRequests(path);
  const { place, model, requests, period } = recorded;
  const events = await readWhenComplete(recorded, signal, options);
  const line: CrossCheckLine = {
    type: "cross-check",
    experiment: recorded.experiment,
    source: "cloudwatch-logs",
    logGroupName: place.logGroupName,
    region: place.region,
    from: new Date(period.from).toISOString(),
    to: new Date(period.to).toISOString(),
    ...compare(requests, events, period, model),
    console: consoleLink(place),
  };
  await appendToRecord(path, line);
  return line;
}

interface Recorded {
  experiment: string;
  place: LogPlace;
  /** Of the function that was fired at. */
  model: string | undefined;
  requests: CheckedRequest[];
  period: Period;
}

async function readRequests(path: string): Promise<Recorded> {
  const fold = new Fold();
  const requests: CheckedRequest[] = [];
  /** By runner, the service's clock minus its; never more than it is, by what an answer's way took. */
  const offsets = new Map<string | undefined, number>();
  for await (const line of followRecord(path, fold)) {
    if (line.type !== "observation") continue;
    const run = fold.runOf(line);
    if (run.line.role === "control") continue;
    const offset = offsetOf(run, line);
    const runner = runnerOf(line, run.line);
    if (offset !== undefined) {
      offsets.set(runner, Math.max(offset, offsets.get(runner) ?? offset));
    }
    const request = checkedRequestOf(line, run.line.target.model);
    if (request) requests.push(request);
  }
  const { runs } = fold.experiment;
  const place = placeOf(path, runs[0]?.line);
  // The log would have cold starts of requests that are on the records of others.
  if (runs.some(lacksRunner)) throw new ExperimentError("record of a part", { path });
  return { ...place, requests, period: periodOf(runs, offsets) };
}

function lacksRunner({ line, starts }: RunState): boolean {
  const began = new Set(starts.map(({ runner }) => runner));
  return isOfPart(line) && (line.runners ?? []).some((name) => !began.has(name));
}

/**
 * When the experiment took place, by the clock of the service, whose log is asked for that time: from
 * the first shot of any runner to the last answer.
 *
 * @param offsets of the runners' clocks, as far as they are known
 */
function periodOf(
  runs: readonly RunState[],
  offsets: ReadonlyMap<string | undefined, number>,
): Period {
  const shots = runs.flatMap((run) => {
    const known = [...offsets]
      .filter(([runner]) => run.runners.includes(runner))
      .map(([runner, offset]) => shotAt(run, runner) + offset);
    const all = known.length > 0 ? known : run.starts.map(({ runner }) => shotAt(run, runner));
    return all.map((at) => ({ at, until: at + run.lastAnsweredAt }));
  });
  const from = Math.min(...shots.map(({ at }) => at));
  const to = Math.max(...shots.map(({ until }) => until));
  return { from: Math.floor(from - MARGIN_MS), to: Math.ceil(to + MARGIN_MS) };
}

function offsetOf(run: RunState, observation: Observation): number | undefined {
  const { answeredAt, response } = observation;
  const left = response?.invocation?.leftEpochMs;
  if (left === undefined || answeredAt === undefined) return undefined;
  return left - (shotAt(run, runnerOf(observation, run.line)) + answeredAt);
}

/** By the runner's clock, in epoch milliseconds. */
function shotAt(run: RunState, runner: string | undefined): number {
  return Date.parse(run.startOf(runner).startedAt);
}

function placeOf(path: string, run?: RunLine): Pick<Recorded, "experiment" | "place" | "model"> {
  const { kind, model, logGroupName, region, stack } = run?.target ?? {};
  if (run && logGroupName !== undefined && region !== undefined) {
    return { experiment: run.experiment, model, place: { logGroupName, region, stack } };
  }
  throw new ExperimentError("record without a log", { path, isOfStack: kind === "stack", stack });
}

async function readWhenComplete(
  { place, model, requests, period }: Recorded,
  signal: AbortSignal,
  options: Waiting,
): Promise<LoggedEvent[]> {
  const credentials = standardCredentials(options);
  await unlessAborted(credentialsFor(credentials, PATIENCE_MS), signal);
  signal.throwIfAborted();
  const wider = { from: period.from - INITIALIZATION_MS, to: period.to };
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    // Reading a long log takes a while: what was late when it began may be there at its end.
    const isLast = Date.now() >= deadline;
    const events = await readEvents(place, credentials, wider, signal);
    if (isLast || isLogComplete(requests, events, period, model)) return events;
    await wait(RETRY_MS, undefined, { signal });
  }
}
