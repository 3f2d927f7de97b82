/** Makes records of what k6 logged: one for each runner, whose lines may stand among those of others. */

import { plural } from "../../basics/counts.ts";
import type { Observation, RecordLine, RunLine } from "../core/record-lines.ts";
import type { LoggedObservation } from "../k6/read-lines.ts";
import { MisplacedLineError } from "./fold.ts";
import { type BegunRecord, notReportable } from "./read-record.ts";
import { recordName } from "./record-text.ts";

/** What one runner fired of a run by one shot. */
interface Shot {
  line?: RunLine;
  observations: Observation[];
}

type Fired = Required<Shot>;

/**
 * Reads a log to its end. k6 concludes nothing, so the records have no verdicts. What a runner fired again
 * is a record of its own, with the later shots.
 *
 * @throws ExperimentError when no run begins in it
 */
export async function partsOfLog({ path, lines, notes }: BegunRecord): Promise<BegunRecord[]> {
  const shots = new Map<string, Shot>();
  const shotOf = (line: RunLine | Observation, startedAt: string): Shot => {
    const key = JSON.stringify([line.run, line.runner, startedAt]);
    const shot = shots.get(key) ?? { observations: [] };
    shots.set(key, shot);
    return shot;
  };
  for await (const line of lines) {
    if (line.type === "run") {
      shotOf(line, line.startedAt).line ??= line;
    } else if (line.type === "observation") {
      const { startedAt, ...observation } = line as LoggedObservation;
      shotOf(observation, startedAt).observations.push(observation);
    }
  }
  const begun: Fired[] = [];
  let lost = 0;
  for (const { line, observations } of shots.values()) {
    if (line) begun.push({ line, observations });
    else lost += observations.length;
  }
  if (begun.length === 0) {
    const error = new MisplacedLineError("the beginning of the log is missing");
    throw notReportable(recordName(path), error);
  }
  if (lost > 0) {
    notes.push(`Left out: ${plural(lost, "answer")} of runs whose beginning is not in the log.`);
  }
  return byPart(begun).map((part, index) => ({
    path,
    first: part[0].line,
    isLog: true,
    lines: linesOf(part),
    // What was found of the log is said once.
    notes: index === 0 ? notes : [],
  }));
}

/** The shots of each runner, one of each run, in order; those that it fired again stand apart. */
function byPart(shots: readonly Fired[]): [Fired, ...Fired[]][] {
  const inOrder = shots.toSorted(
    ({ line: a }, { line: b }) =>
      a.index - b.index || Date.parse(a.startedAt) - Date.parse(b.startedAt),
  );
  const fired = new Map<string, number>();
  const parts = new Map<string, [Fired, ...Fired[]]>();
  for (const shot of inOrder) {
    const { experiment, run, runner } = shot.line;
    const ofRun = JSON.stringify([run, runner]);
    const before = fired.get(ofRun) ?? 0;
    fired.set(ofRun, before + 1);
    const key = JSON.stringify([experiment, runner, before]);
    const part = parts.get(key);
    if (part) part.push(shot);
    else parts.set(key, [shot]);
  }
  return [...parts.values()];
}

async function* linesOf(part: readonly Fired[]): AsyncGenerator<RecordLine> {
  for (const { line, observations } of part) {
    yield line;
    yield* observations;
  }
}
