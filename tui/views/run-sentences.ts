/** A run as sentences, for a screen reader: bars and columns say nothing there. */

import { inWords, plural } from "../../basics/counts.ts";
import { printable } from "../../basics/printable.ts";
import { isMixed } from "../../experiment/core/verdict/evidence.ts";
import { SHOWN_NAMES } from "../../experiment/records/fold.ts";
import { seconds } from "../../experiment/reports/numbers.ts";
import type { RunOnScreen, Snapshot } from "../store.ts";
import type { Line } from "../terminal/styled-text.ts";
import { environmentWords, hasServed, type RunSummary, summarizeRun } from "./environment-words.ts";

/** Environments, and answers of each, that are told one by one. */
const MOST_TOLD = 20;

export function runSentences(snapshot: Snapshot, run: RunOnScreen): Line[] {
  const used = snapshot.environments.filter((environment) =>
    hasServed(environment, run.folded.line.run),
  );
  const untold = used.length - MOST_TOLD;
  const sentences = [
    sentenceOfRun(snapshot, run),
    ...used.slice(0, MOST_TOLD).map((one) => sentenceOfEnvironment(snapshot, summarizeRun(one))),
    ...(untold > 0 ? [`And ${plural(untold, "more environment")}.`] : []),
    ...run.folded.groups.map(({ outcome, message, count }) => {
      return `${plural(count, "request")} ${outcome}${message && `, ${printable(message)}`}.`;
    }),
    ...(run.inFlight.size > 0 ? [`${plural(run.inFlight.size, "request")} in flight.`] : []),
  ];
  return sentences.map((text) => [{ text }]);
}

function sentenceOfRun({ activity }: Snapshot, run: RunOnScreen): string {
  const which = run.name.replace("run", "Run");
  const { requests } = run.folded.stage;
  const answered = `${inWords(run.answered)} of ${plural(requests, "request")} answered`;
  if (run.wallMs !== undefined) return `${which}: ${answered} within ${seconds(run.wallMs)}.`;
  return `${which} is ${activity === "stopping" ? "being stopped" : "under way"}: ${answered}.`;
}

function sentenceOfEnvironment(snapshot: Snapshot, summary: RunSummary): string {
  const { environment, answers } = summary;
  const told = answers.slice(-MOST_TOLD).map(({ client, response }) => {
    const { counter, clients } = response.globalData;
    const names = clients.slice(-SHOWN_NAMES).map(printable).join(" and ");
    const mixed = isMixed(response) ? ", mixed" : "";
    return `${printable(client)} found counter ${counter} and the clients ${names}${mixed}`;
  });
  const name = `Environment ${environment.position}, ${snapshot.labels.get(environment.id)}`;
  return `${name}, ${printable(environmentWords(summary, true))}: ${told.join("; ")}.`;
}
