/** What the reference experiment took when it was first published, beside which one's own can stand. */

import type { RecordedRun, Series } from "./recorded-experiment.ts";

/** Five requests at once, held five seconds, on AWS: from the shot to the last answer, in ms. */
const REFERENCE_MS = { cold: 5_655, warm: 5_515 } as const;
const REQUESTS = 5;
const HOLD_MS = 5_000;

export interface ReferenceFigure {
  start: "cold" | "warm";
  ms: number;
}

/** The reference's figure for such a run; `undefined` where the run is another one, or not on AWS. */
export function referenceFigure(
  { target, plan }: Series,
  { conclusion, requests }: RecordedRun,
): ReferenceFigure | undefined {
  if (target.kind !== "stack" || plan.holdMs !== HOLD_MS) return undefined;
  if (requests.length !== REQUESTS || conclusion.outcomes.ok !== REQUESTS) return undefined;
  const { coldStarts } = conclusion;
  if (coldStarts !== 0 && coldStarts !== REQUESTS) return undefined;
  const start = coldStarts === 0 ? "warm" : "cold";
  return { start, ms: REFERENCE_MS[start] };
}
