/** A recorded experiment, read once and concluded anew; what it says of itself is kept apart. */

import { ExperimentError } from "../core/errors.ts";
import type { Plan } from "../core/plan/plan.ts";
import type {
  Conclusion,
  CrossCheckLine,
  Observation,
  Role,
  RunLine,
  VerdictLine,
} from "../core/record-lines.ts";
import type { TargetDescription } from "../core/target.ts";
import { concludeExperiment, withControl } from "../core/verdict/conclude.ts";
import type { Evidence } from "../core/verdict/evidence.ts";
import type { Labels } from "../records/environment-labels.ts";
import { Fold, type Keep, type RunState } from "../records/fold.ts";
import { followRecord } from "../records/read-record.ts";
import { recordName } from "../records/record-text.ts";

export interface RecordedRun {
  line: RunLine;
  /** In order of arrival. */
  requests: readonly Evidence[];
  /** How many the plan has. */
  planned: number;
  /** The first ones' answers whole, by their number. */
  shown: readonly Observation[];
  conclusion: Conclusion;
  /** What the record itself says; absent when the runner did not live to conclude. */
  recorded?: VerdictLine | undefined;
}

/** The runs of one role, the experiment's or its control's, and what follows from them. */
export interface Series {
  role: Role;
  plan: Plan;
  target: TargetDescription;
  startedAt: string;
  versions: Record<string, string>;
  runs: readonly RecordedRun[];
  conclusion: Conclusion;
  recorded?: VerdictLine | undefined;
}

export interface RecordedExperiment {
  path: string;
  /** The experiment's id. */
  id: string;
  /** Absent when the record ends before the experiment itself was fired. */
  experiment?: Series | undefined;
  /** What was fired at a control before. */
  control?: Series | undefined;
  crossChecks: readonly CrossCheckLine[];
  /** Verdicts and cross-checks of other experiments that stand on it, and are left out. */
  foreignLines: number;
  /** Observations of requests that are not `ok` and carry an answer all the same, which is left out. */
  answeredFailures: number;
  /** Says that the record's end was cut off, where it was. */
  cutOff?: string | undefined;
  /** Short names of all environments. */
  labels: Labels;
}

/** A page shows no more answers, so that it stays small enough to be sent. */
export const KEPT_IN_PAGE: Keep = { perRun: 200, inAll: 1_000 };

/**
 * Reads a record and concludes from its observations.
 *
 * @param signal stops the reading; the promise is then rejected with its reason
 * @throws ExperimentError when the file cannot be read, or is no record of one experiment
 */
export async function readExperiment(
  path: string,
  keep: Keep,
  signal?: AbortSignal,
): Promise<RecordedExperiment> {
  const fold = new Fold(keep);
  for await (const _ of followRecord(path, fold)) signal?.throwIfAborted();
  return concludeRecorded(path, fold);
}

/**
 * Concludes from a record that was read.
 *
 * @throws ExperimentError when it holds no run
 */
export function concludeRecorded(path: string, fold: Fold): RecordedExperiment {
  const { id, labels, crossChecks, foreignLines, answeredFailures, cutOff } = fold;
  const name = recordName(path);
  if (id === undefined) {
    throw new ExperimentError("record not reportable", { record: name, why: "it holds no run" });
  }
  const control = concludeSeries("control", fold);
  const experiment = concludeSeries("experiment", fold, control?.conclusion);
  const left = { foreignLines, answeredFailures, cutOff };
  return { path: name, id, experiment, control, crossChecks, ...left, labels };
}

/**
 * @param control what was concluded of the control, where one was fired at before
 * @returns `undefined` when there is no run
 */
function concludeSeries(role: Role, fold: Fold, control?: Conclusion): Series | undefined {
  const { runs, verdict: recorded } = fold[role];
  const concluded = runs.map((run) => ({ run, whole: concludeFired([run]) }));
  const [first] = concluded;
  if (!first) return undefined;
  // A run of a million requests is not concluded twice.
  const whole = runs.length === 1 ? first.whole : concludeFired(runs);
  const { plan, target, startedAt, versions } = first.run.line;
  return {
    role,
    plan,
    target,
    startedAt,
    versions,
    runs: concluded.map(recordedRun),
    conclusion: withControl(whole, control),
    recorded,
  };
}

function recordedRun({ run, whole }: { run: RunState; whole: Conclusion }): RecordedRun {
  const { line, requests, stage, shown, verdict } = run;
  const { memory: _, ...conclusion } = whole;
  return {
    line,
    requests,
    planned: stage.requests,
    shown: shown.toSorted((a, b) => a.index - b.index),
    conclusion,
    recorded: verdict,
  };
}

/**
 * Concludes over runs whose shot fell: a runner that did not live to see the first answer has fired
 * all the same.
 */
function concludeFired(runs: readonly RunState[]): Conclusion {
  const conclusion = concludeExperiment(runs);
  if (Object.keys(conclusion.outcomes).length > 0) return conclusion;
  return {
    ...conclusion,
    reason:
      "Requests were fired, and the runner ended before any of their answers was recorded. " +
      "Run again and let it finish.",
  };
}
