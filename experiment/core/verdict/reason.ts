/** Why nothing can be concluded, and what would help. */

import { formatDuration } from "../plan/duration.ts";
import type { Outcome } from "../record-lines.ts";
import {
  byRunner,
  type Evidence,
  type Identified,
  isIdentified,
  isOfOneRunner,
  type RunEvidence,
} from "./evidence.ts";
import { certainInterval } from "./trials.ts";

interface Findings {
  runs: readonly RunEvidence[];
  outcomes: Partial<Record<Outcome, number>>;
  identified: readonly Identified[];
  contradictions: ReadonlyMap<string, string>;
  trials: number;
}

/**
 * Explains why requests without proof of sharing are not proof of isolation either.
 *
 * @returns one or two sentences, or `undefined` where isolation can be concluded
 */
export function reasonFor(findings: Findings): string | undefined {
  const { outcomes, identified, contradictions, trials } = findings;
  const { ok = 0 } = outcomes;
  if (ok === 0) return noAnswer(findings);

  const anonymous = ok - identified.length;
  if (anonymous > 0) {
    return (
      `${anonymous} of ${ok} answers did not say which environment served them. ` +
      "Deploy this project's handler, which reports it."
    );
  }
  const [contradiction] = contradictions.values();
  if (contradiction !== undefined) {
    return (
      `The answers contradict each other: ${contradiction}. ` +
      "Check that the handler was not changed, and run again."
    );
  }
  return trials === 0 ? noTrial(findings) : undefined;
}

function noAnswer(findings: Findings): string {
  if (findings.runs.length === 0) return "Nothing was fired. Run again and let it finish.";
  if (Object.keys(findings.outcomes).length === 0) {
    return (
      "Requests were fired, and the runner ended before any of their answers was recorded. " +
      "Run again and let it finish."
    );
  }
  return `No request was answered: ${unanswered(findings)}. ${remedyFor(findings)}`;
}

function noTrial(findings: Findings): string {
  const { runs, identified } = findings;
  if (runs.every((run) => run.concurrency === 1)) {
    const what = runs.every((run) => run.requests.length === 1) ? "requests" : "concurrency";
    return (
      "Only one request was in flight at a time, so no two could have met. " +
      `Raise the ${what} to 2 or more.`
    );
  }
  if (runs.every((run) => run.requests.length === 1) && identified.length === runs.length) {
    return (
      "Only one request of each run is on the record, so no two could have met. If that is one part " +
      "of several, report all parts together."
    );
  }
  if (runs.every((run) => run.requests.filter(isIdentified).length < 2)) {
    const requests = runs.reduce((sum, run) => sum + run.requests.length, 0);
    const others = unanswered(findings);
    return (
      `Only ${identified.length} of ${requests} requests was answered` +
      `${others && ` (${others})`}, too few to have met. ${remedyFor(findings)}`
    );
  }
  const ofOne = runs.flatMap((run) => byRunner(run.requests.filter(isIdentified)));
  if (ofOne.every((requests) => requests.length < 2)) {
    return (
      "No runner had more than one request of a run answered, and clocks of different runners are " +
      "not compared. Raise the number of requests, or let fewer runners fire them."
    );
  }
  const uncertain = identified.filter((item) => certainInterval(item) === undefined);
  if (uncertain.length > 0) return holdTooShort(runs, uncertain);
  const whose = isOfOneRunner(identified) ? "" : " of each runner";
  return (
    `The requests${whose} that were answered ran one after the other. ` +
    "Raise the hold, or the number of requests."
  );
}

/** How many ended in which other way than `ok`, and what the first of them says. */
function unanswered({ runs, outcomes }: Findings): string {
  const counts = Object.entries(outcomes)
    .filter(([outcome]) => outcome !== "ok")
    .map(([outcome, count]) => `${count} ${outcome}`)
    .join(", ");
  const isTelling = ({ outcome, message }: Evidence) => outcome !== "ok" && Boolean(message);
  const message = runs.flatMap((run) => run.requests).find(isTelling)?.message;
  return message === undefined ? counts : `${counts}: ${message.replace(/\.$/, "")}`;
}

function remedyFor({ outcomes }: Findings): string {
  if (outcomes.aborted) return "Run again and let it finish.";
  if (outcomes.throttled) return "Lower the concurrency, or raise the target's limit.";
  return "Check the target and run again.";
}

/**
 * What stands between a request's way and its hold: the time that a cold start, a queue or the
 * network took. Certainty needs a hold longer than that.
 */
function holdTooShort(runs: readonly RunEvidence[], uncertain: readonly Identified[]): string {
  const overheads = uncertain.map(
    ({ sentAt, answeredAt, report }) => answeredAt - sentAt - (report.leftAt - report.enteredAt),
  );
  const longest = overheads.reduce((max, value) => Math.max(max, value), 0);
  const hold = runs.reduce((max, run) => Math.max(max, run.holdMs), 0);
  const cause = uncertain.some(({ report }) => report.coldStart)
    ? "the cold start"
    : "the way to the handler";
  const enough = formatDuration(Math.ceil(longest / 1_000) * 1_000);
  return `The hold of ${formatDuration(hold)} was shorter than ${cause}. Raise it above ${enough}.`;
}
