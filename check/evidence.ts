/** What is checked, and all that was seen. */

import type {
  FunctionCode,
  FunctionConfiguration,
} from "../local-lambda/function-configuration.ts";
import type { CheckEvent } from "./events-file.ts";
import type { Marks } from "./marks.ts";
import type { Round } from "./rounds.ts";
import type { RoundResult, Served } from "./sandbox.ts";
import type { Known, Symptom } from "./symptoms.ts";

/** So often each event is served alone at first, with a pause that changes a clock's seconds. */
export const ALONE = { times: 3, pauseMs: 1_100 };

/**
 * When a symptom is believed: it comes again in four of at most six repetitions of its round, and then
 * in none of sixteen more servings of its event alone. What has nothing to do with the others, and
 * happens with whatever probability, gets through less than once in 1,000 times, as the binomial
 * distribution says: most easily what happens in every sixth answer.
 */
export const CONFIRM = { least: 4, most: 6, alone: 16 };

export interface CheckPlan {
  events: readonly CheckEvent[];
  code: FunctionCode;
  configuration: FunctionConfiguration;
  seed: number;
  /** How often each group of events is let go at once. */
  rounds: number;
  /** Whether what the handler waits for ends late. */
  delays: boolean;
  /** How long the handler may take alone, in milliseconds. */
  limitMs: number;
}

/** A round that was served. */
export interface Observed {
  round: Round;
  result: RoundResult;
}

/** One way in which an event is answered oddly, and the rounds that show it. */
export interface Suspicion {
  symptom: Symptom;
  shownBy: readonly Observed[];
  repeated: { shown: number; of: number };
}

/** All that was seen. */
export interface Evidence {
  plan: CheckPlan;
  codeSha256: string;
  startedAt: Date;
  /** Of each event. */
  marks: readonly Marks[];
  known: readonly Known[];
  /** Of each event: how it was served alone at first. */
  alone: readonly (readonly Served[])[];
  aloneMs: readonly (number | undefined)[];
  observed: readonly Observed[];
  /** What came again. */
  confirmed: readonly Suspicion[];
  /** What did not come again, and so may be chance. */
  unconfirmed: readonly Suspicion[];
}
