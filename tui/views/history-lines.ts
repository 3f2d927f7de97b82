/** Recorded experiments as a table. */

import { requestsOf } from "../../experiment/core/plan/plan.ts";
import {
  deploymentOf,
  type PooledEvidence,
  type RecordSummary,
} from "../../experiment/records/history.ts";
import { inWords, localTime, percent } from "../../experiment/reports/numbers.ts";
import { verdictWords } from "../../experiment/reports/verdict-words.ts";
import { VERDICT_COLOURS } from "../screen/colours.ts";
import { type Line, lineToWidth, toWidth } from "../screen/text.ts";
import { describeKnown } from "../targets.ts";

/** Widths of the columns right of the target. */
const REQUESTS = 9;
const ENVIRONMENTS = 7;
const VERDICT = 16;
const BOUND = 7;
const POOLED = 7;
const RIGHT = REQUESTS + ENVIRONMENTS + VERDICT + BOUND + POOLED;
/** A URL is told apart by its first characters. */
const WIDEST_TARGET = 60;
/** From here on the year is shown. */
const WIDE = 100;

export function historyHeader(columns: number): Line {
  const { when, target } = widths(columns);
  const text = [
    `  ${toWidth("When", when)}${toWidth("Target", target)}`,
    right("Requests", REQUESTS),
    right("Envs", ENVIRONMENTS),
    `  ${toWidth("Verdict", VERDICT - 2)}`,
    right("Bound", BOUND),
    right("Pooled", POOLED),
  ].join("");
  return [{ text, bold: true }];
}

export function historyLine(
  { run, verdict }: RecordSummary,
  pooled: ReadonlyMap<string, PooledEvidence>,
  columns: number,
  isSelected: boolean,
): Line {
  const { when, target } = widths(columns);
  const time = localTime(run.startedAt);
  const requests = requestsOf(run.plan);
  const key = deploymentOf(run.target);
  const evidence = key === undefined ? undefined : pooled.get(key);
  const title = verdict ? verdictWords(verdict, new Map()).title : "not concluded";
  return lineToWidth(
    [
      { text: isSelected ? "▸ " : "  ", bold: true },
      { text: toWidth(columns < WIDE ? time.slice(5) : time, when) },
      { text: toWidth(describeKnown(run.target).title, target) },
      { text: right(inWords(requests), REQUESTS) },
      { text: right(verdict ? inWords(verdict.environments) : "", ENVIRONMENTS) },
      {
        text: `  ${toWidth(title, VERDICT - 2)}`,
        colour: verdict && VERDICT_COLOURS[verdict.verdict],
        dim: !verdict,
      },
      { text: right(verdict?.bound === undefined ? "" : percent(verdict.bound), BOUND) },
      { text: right(pooledText(evidence), POOLED), dim: true },
    ],
    columns - 1,
  );
}

/** A bound, or that the experiments of one deployment do not agree. */
function pooledText(evidence: PooledEvidence | undefined): string {
  if (!evidence) return "";
  const { isolated, shared, bound } = evidence;
  if (bound !== undefined) return percent(bound);
  return isolated > 0 && shared > 0 ? "differ" : "";
}

function widths(columns: number): { when: number; target: number } {
  const when = columns < WIDE ? 13 : 18;
  return { when, target: Math.min(WIDEST_TARGET, columns - 3 - when - RIGHT) };
}

function right(text: string, width: number): string {
  return text.padStart(width);
}
