/** Makes records of what k6 logged: one for each runner, whose lines may stand among those of others. */

import assert from "node:assert/strict";
import { plural } from "../../basics/counts.ts";
import { shareOf, WHOLE } from "../core/plan/parts.ts";
import type { Observation, RecordLine, RunLine } from "../core/record-lines.ts";
import { Fold, MisplacedLineError } from "./fold.ts";
import { type BegunRecord, notReportable } from "./read-record.ts";
import { recordName } from "./record-text.ts";

/** What one runner fired of a run. */
interface PartOfRun {
  line?: RunLine;
  observations: Observation[];
}

/**
 * Reads a log to its end. k6 concludes nothing, so each record gets the verdicts that its runner would have
 * come to: over each run and, where it has fired all that it was to, over all.
 *
 * @throws ExperimentError when no run begins in it
 */
export async function partsOfLog({ path, lines, notes }: BegunRecord): Promise<BegunRecord[]> {
  const runs = new Map<string, PartOfRun>();
  for await (const line of lines) {
    if (line.type !== "run" && line.type !== "observation") continue;
    const key = JSON.stringify([line.run, line.runner]);
    const part = runs.get(key) ?? { observations: [] };
    runs.set(key, part);
    if (line.type === "run") part.line ??= line;
    else part.observations.push(line);
  }
  const begun: Required<PartOfRun>[] = [];
  let lost = 0;
  for (const { line, observations } of runs.values()) {
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
  const parts = Map.groupBy(begun, ({ line }) => JSON.stringify([line.experiment, line.runner]));
  return [...parts.values()].map((part, index) => {
    const concluded = concludedLines(part.toSorted((a, b) => a.line.index - b.line.index));
    const [first] = concluded;
    // What was found of the log is said once.
    return { path, first, isLog: true, lines: toAsync(concluded), notes: index === 0 ? notes : [] };
  });
}

function concludedLines(part: readonly Required<PartOfRun>[]): [RecordLine, ...RecordLine[]] {
  const fold = new Fold();
  const lines = part.flatMap(({ line, observations }): RecordLine[] => {
    const { experiment, run } = line;
    const fired = [line, ...observations];
    for (const one of fired) fold.take(one);
    return [...fired, { type: "verdict", experiment, run, ...fold.runOf({ run }).conclusion }];
  });
  const [first, ...others] = lines;
  const { line } = fold.experiment;
  const { experiment, plan, runner, runners = [] } = line;
  assert(first, "a run that began has a line");
  const share =
    runner === undefined ? WHOLE : { number: runners.indexOf(runner) + 1, of: runners.length };
  const planned = plan.stages.reduce((sum, { requests }) => sum + shareOf(requests, share), 0);
  const ended = fold.experiment.runs.reduce((sum, run) => sum + run.ended, 0);
  if (ended < planned) return [first, ...others];
  const { conclusion } = fold.experiment;
  return [first, ...others, { type: "verdict", experiment, run: null, ...conclusion }];
}

async function* toAsync<T>(values: readonly T[]): AsyncGenerator<T> {
  yield* values;
}
