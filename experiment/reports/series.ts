/** The runs of one role, the experiment's or its control's, and what follows from them. */

import type { Plan } from "../core/plan/plan.ts";
import type { Conclusion, Observation, Role, RunLine, VerdictLine } from "../core/record-lines.ts";
import type { TargetDescription } from "../core/target.ts";
import { concludeExperiment, withControl } from "../core/verdict/conclude.ts";
import type { Evidence, RunEvidence } from "../core/verdict/evidence.ts";
import { evidenceOfRun, type ReadRun } from "../records/conclude-record.ts";

/** One run as it was read. */
export interface RunReading extends ReadRun {
  shown: Observation[];
  /** What the record itself says of the run. */
  recorded?: VerdictLine | undefined;
}

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

/**
 * Concludes anew over runs that were read.
 *
 * @param recorded what the record itself says over all of them
 * @param control what was concluded of the control, where one was fired at before
 * @returns `undefined` when there is no run
 */
export function concludeSeries(
  role: Role,
  readings: readonly RunReading[],
  recorded: VerdictLine | undefined,
  control: Conclusion | undefined,
): Series | undefined {
  const [first] = readings;
  if (!first) return undefined;
  const evidence = readings.map(evidenceOfRun);
  const runs = readings.map((reading, index) => recordedRun(reading, evidence[index]));
  const [only] = runs;
  // A run of a million requests is not concluded twice.
  const whole = runs.length === 1 && only ? only.whole : concludeFired(evidence);
  const { plan, target, startedAt, versions } = first.line;
  return {
    role,
    plan,
    target,
    startedAt,
    versions,
    runs: runs.map(({ run }) => run),
    conclusion: withControl(whole, control),
    recorded,
  };
}

function recordedRun({ line, shown, recorded }: RunReading, evidence: RunEvidence | undefined) {
  const { requests = [] } = evidence ?? {};
  const whole = concludeFired(evidence ? [evidence] : []);
  const { memory: _, ...conclusion } = whole;
  const run: RecordedRun = {
    line,
    requests,
    planned: line.plan.stages[line.index]?.requests ?? requests.length,
    shown: shown.toSorted((a, b) => a.index - b.index),
    conclusion,
    recorded,
  };
  return { run, whole };
}

/**
 * Concludes over runs whose shot fell: a runner that did not live to see the first answer has fired
 * all the same.
 */
function concludeFired(runs: readonly RunEvidence[]): Conclusion {
  const conclusion = concludeExperiment(runs);
  if (Object.keys(conclusion.outcomes).length > 0) return conclusion;
  return {
    ...conclusion,
    reason:
      "Requests were fired, and the runner ended before any of their answers was recorded. " +
      "Run again and let it finish.",
  };
}
