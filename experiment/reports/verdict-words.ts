/** A verdict in words: what was found, and what it rests on. */

import { printableMessage, printableName } from "../../basics/printable.ts";
import type { Conclusion, Witness, WitnessParty } from "../core/record-lines.ts";
import { EnvironmentLabels, type Labels } from "../records/environment-labels.ts";
import { inWords, percent, plural } from "./numbers.ts";

export interface VerdictWords {
  /** ISOLATED, SHARED, SHARED PROCESS or INCONCLUSIVE. */
  title: string;
  /** One sentence or two that answer the question. */
  finding: string;
  /** One sentence or two on what it rests on; empty when there is nothing to add. */
  evidence: string;
}

/** @param labels the environments' short names */
export function verdictWords(conclusion: Conclusion, labels: Labels): VerdictWords {
  switch (conclusion.verdict) {
    case "isolated":
      return isolated(conclusion);
    case "shared":
      return shared(conclusion, labels);
    case "inconclusive":
      return {
        title: "INCONCLUSIVE",
        // It may quote what a target answered.
        finding: printableMessage(conclusion.reason ?? ""),
        evidence: served(conclusion),
      };
  }
}

function isolated(conclusion: Conclusion): VerdictWords {
  const { trials, warmTrials, bound = 1, memory } = conclusion;
  const remembered = memory === "kept" ? " Memory lasts between invocations." : "";
  const warm =
    warmTrials > 0 ? ` (${warmTrials === trials ? "all" : inWords(warmTrials)} of them warm)` : "";
  return {
    title: "ISOLATED",
    finding: `${served(conclusion).slice(0, -1)}, never two at once.${remembered}`,
    evidence:
      `${plural(trials, "request")} ran while another ran${warm}, none in the same process: ` +
      `sharing below ${percent(bound)} (95 %).`,
  };
}

function shared(conclusion: Conclusion, labels: Labels): VerdictWords {
  const { sharing, witness, mixed, overlaps, outcomes } = conclusion;
  const carried =
    mixed > 0
      ? `${inWords(mixed)} of ${plural(outcomes.ok ?? 0, "answer")} carried another request's globalData.`
      : "No answer carried another request's globalData.";
  const pairs = overlaps > 0 ? `${plural(overlaps, "pair")} of requests overlapped. ` : "";
  return {
    title: sharing === "process" ? "SHARED PROCESS" : "SHARED",
    finding: witness ? testimony(witness, labels) : "",
    evidence: `${pairs}${carried}`,
  };
}

function testimony({ environment, pid, first, second }: Witness, labels: Labels): string {
  // Of an environment that is not shown any more, what its label would be.
  const label = labels.get(environment) ?? new EnvironmentLabels([environment]).get(environment);
  const process = `process ${label} (pid ${pid})`;
  if (second) return `${inside(first)} and ${inside(second)}, both in ${process}.`;
  return (
    `${printableName(first.client)} was not alone in ${process}: ` +
    "another request, whose answer was not seen, changed its globals or was in flight beside it."
  );
}

function inside({ client, enteredMs, leftMs }: WitnessParty): string {
  return `${printableName(client)} was inside from ${inWords(enteredMs)} to ${inWords(leftMs)} ms`;
}

function served({ environments, outcomes }: Conclusion): string {
  const requests = outcomes.ok ?? 0;
  return `${plural(environments, "environment")} served ${plural(requests, "request")}.`;
}
