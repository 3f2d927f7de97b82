/** Why nothing can be concluded, and what would help. */

import { formatDuration } from "./duration.ts";
import { type Identified, isIdentified, type RunEvidence } from "./evidence.ts";
import type { Outcome } from "./record-lines.ts";
import { certainInterval } from "./trials.ts";

interface Findings {
  runs: readonly RunEvidence[];
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
  const { runs, identified, contradictions, trials } = findings;
  const requests = runs.flatMap((run) => run.requests);
  const ok = requests.filter(({ outcome }) => outcome === "ok");
  if (ok.length === 0) return noAnswer(requests);

  const anonymous = ok.length - identified.length;
  if (anonymous > 0) {
    return (
      `${anonymous} of ${ok.length} answers did not say which environment served them. ` +
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
  return trials === 0 ? noTrial(runs, identified, requests.length) : undefined;
}

function noAnswer(requests: readonly { outcome: Outcome; message?: string | undefined }[]): string {
  if (requests.length === 0) return "Nothing was fired. Run again and let it finish.";
  const counts = Object.entries(Object.groupBy(requests, ({ outcome }) => outcome))
    .map(([outcome, group]) => `${group.length} ${outcome}`)
    .join(", ");
  const message = requests.find((request) => request.message)?.message;
  return (
    `No request was answered: ${counts}${message ? ` (${message})` : ""}. ` +
    "Check the target and run again."
  );
}

function noTrial(
  runs: readonly RunEvidence[],
  identified: readonly Identified[],
  requests: number,
): string {
  if (runs.every((run) => run.concurrency === 1)) {
    return (
      "Only one request was in flight at a time, so no two could have met. " +
      "Raise the concurrency to 2 or more."
    );
  }
  if (runs.every((run) => run.requests.filter(isIdentified).length < 2)) {
    return (
      `Only ${identified.length} of ${requests} requests were answered, too few to have met. ` +
      "Let the run finish, or fire more requests."
    );
  }
  const uncertain = identified.filter((item) => certainInterval(item) === undefined);
  if (uncertain.length > 0) return holdTooShort(runs, uncertain);
  return (
    "The requests that were answered ran one after the other. " +
    "Raise the hold, or the number of requests."
  );
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
