/** All that was seen, and the report of it: what was found, what keeps it from being conclusive, counts. */

import assert from "node:assert/strict";
import { VERSION } from "../experiment/version.ts";
import { type CheckPlan, pairsOf, type Round, servingsOf } from "./check-plan.ts";
import { differences, hasFailed } from "./compare-answers.ts";
import { allOf, findMarks, foreignMarks, readAnswer } from "./marks.ts";
import { Secrets } from "./mask-secrets.ts";
import { isWithin, type Place } from "./reports/places.ts";
import {
  type CheckedAnswer,
  type CheckReport,
  type CheckVerdict,
  type Finding,
  KINDS,
} from "./reports/report.ts";
import { KIND_WORDS, listPlaces } from "./reports/report-text.ts";
import type { RoundResult } from "./sandbox.ts";
import { fitEvents, type Known, knownOf, type OddPlace, type Symptom } from "./symptoms.ts";

/** A round that was served. */
export interface Observed {
  round: Round;
  result: RoundResult;
}

/** One way in which an event is answered oddly, and the rounds that show it. */
export interface Suspicion {
  symptom: Symptom;
  shownBy: readonly [Observed, ...Observed[]];
  repeated: { shown: number; of: number };
}

/** All that was seen. */
export interface CheckEvidence {
  plan: CheckPlan;
  codeSha256: string;
  startedAt: Date;
  /** Of each event. */
  known: readonly Known[];
  observed: readonly Observed[];
  /** What came again. */
  confirmed: readonly Suspicion[];
  /** What did not come again, and so may be chance. */
  unconfirmed: readonly Suspicion[];
}

export function makeReport(evidence: CheckEvidence): CheckReport {
  const { plan, known, observed, confirmed } = evidence;
  const answers = observed.flatMap(({ result }) =>
    result.served.flatMap(({ answer }) => answer ?? []),
  );
  const seen: CheckedAnswer[] = [...known.flatMap(({ alone }) => alone), ...answers];
  const secrets = new Secrets(
    known.map(({ event, marks, alone }) => ({ event, marks: marks.sent, alone })),
    seen,
  );
  const findings = confirmed
    .map((suspicion) => findingOf(evidence, suspicion, secrets))
    .sort((one, other) => KINDS.indexOf(one.kind) - KINDS.indexOf(other.kind));
  const { inTurn, atOnce, overlaps } = countsOf(evidence);
  const reasons = reasonsOf(evidence, overlaps);
  const served = (phase: Round["phase"], event: number) =>
    servingsOf(
      observed.map(({ round }) => round).filter((round) => round.phase === phase),
      event,
    );
  return {
    kind: "check",
    version: VERSION,
    startedAt: evidence.startedAt.toISOString(),
    model: plan.configuration.model,
    code: plan.code.root,
    handler: plan.code.handler,
    codeSha256: evidence.codeSha256,
    seed: plan.seed,
    delays: plan.delays,
    verdict: verdictOf(findings, reasons),
    findings,
    reasons: secrets.masked(reasons),
    events: known.map((about, event) => ({
      name: about.event.name,
      marks: secrets.masked(allOf(about.marks)),
      served: {
        alone: about.alone.length,
        inTurn: served("in turn", event),
        atOnce: served("at once", event),
      },
      aloneMs: about.aloneMs ?? null,
      waits: waits(evidence, event),
      volatile: secrets.masked([...about.volatile]),
      history: secrets.masked([...about.history]),
      isVolatile: about.isVolatile,
      marked: secrets.masked([...new Set(signsOf(about))]),
      failures: secrets.masked(failuresOf(about)),
    })),
    inTurn,
    atOnce,
  };
}

function verdictOf(findings: readonly Finding[], reasons: readonly string[]): CheckVerdict {
  const [worst] = findings;
  if (worst && worst.kind !== "history") return worst.kind;
  if (reasons.length > 0) return "inconclusive";
  return worst?.kind ?? "unchanged";
}

function findingOf(
  evidence: CheckEvidence,
  { symptom, shownBy, repeated }: Suspicion,
  secrets: Secrets,
): Finding {
  const { known, observed } = evidence;
  const { kind, phase, event } = symptom;
  const [shown] = shownBy;
  const { round } = shown;
  const nameOf = (index: number) => knownOf(known, index).event.name;
  const could = observed.filter(
    (one) => one.round.phase === phase && one.round.events.includes(event),
  );
  const owners = symptom.places.flatMap(({ of }) => of ?? []);
  const beside = round.events.filter((other) => other !== event);
  const others = new Set(owners.length > 0 ? owners : beside);
  // Those in turn have no times.
  const letGoAtMs = round.letGoAtMs.map((ms, at) => {
    const one = round.events[at];
    assert(one !== undefined, "only events of the round are let go");
    return [nameOf(one), Math.round(ms * 100) / 100] as const;
  });
  return {
    kind,
    phase,
    event: nameOf(event),
    others: [...others].map(nameOf),
    places: symptom.places.map((place) => placeOf(place, nameOf, secrets)),
    answers: {
      alone: secrets.maskedAnswer(symptom.answers.alone),
      now: secrets.maskedAnswer(symptom.answers.now),
    },
    round: round.number,
    isWarm: round.before.length > 0,
    letGoAtMs: Object.fromEntries(letGoAtMs),
    rounds: { shown: shownBy.length, of: could.length },
    repeated,
    log: secrets.masked(logOf(shown, nameOf)),
  };
}

function placeOf(
  { place, alone, now, mark, of }: OddPlace,
  nameOf: (index: number) => string,
  secrets: Secrets,
): Finding["places"][number] {
  const text = (value: unknown) =>
    value === undefined ? null : JSON.stringify(secrets.maskedAt(place, value));
  return {
    place: secrets.masked(place),
    alone: text(alone),
    now: text(now),
    ...(mark !== undefined && of !== undefined && { mark: secrets.masked(mark), of: nameOf(of) }),
  };
}

function failuresOf({
  event,
  failures,
  failureLog,
}: Known): CheckReport["events"][number]["failures"] {
  return { alone: failures, log: failureLog ? namedLog(failureLog, [event.name]) : [] };
}

function logOf({ round, result }: Observed, nameOf: (index: number) => string): string[] {
  return namedLog(result, [...round.events, ...round.before].map(nameOf));
}

/** A log in which each request has the name of its event. */
function namedLog(
  { log, requestIds }: Pick<RoundResult, "log" | "requestIds">,
  names: readonly string[],
): string[] {
  return log.map((line) =>
    requestIds.reduce((text, id, at) => text.replaceAll(id, `[${names[at]}]`), line),
  );
}

/** Which pairs of events were under way at once. */
type Overlaps = ReadonlySet<string>;

const pairKey = (one: number, other: number) => `${Math.min(one, other)} ${Math.max(one, other)}`;

function countsOf({
  observed,
}: CheckEvidence): Pick<CheckReport, "inTurn" | "atOnce"> & { overlaps: Overlaps } {
  const overlaps = new Set<string>();
  const atOnce = observed.filter(({ round }) => round.phase === "at once");
  let [pairs, overlapped, most] = [0, 0, 0];
  for (const { round, result } of atOnce) {
    const all = pairsOf(round.events);
    // At once, each event comes once.
    const met = all.filter(([one, other]) => {
      const served = result.served[round.events.indexOf(one)];
      assert(served, "each event of a round has a place in its result");
      return served.overlapped.has(round.events.indexOf(other));
    });
    pairs += all.length;
    overlapped += met.length;
    most = Math.max(most, result.mostAtOnce);
    for (const [one, other] of met) overlaps.add(pairKey(one, other));
  }
  return {
    inTurn: { rounds: observed.length - atOnce.length },
    atOnce: { rounds: atOnce.length, pairs, overlapped, most },
    overlaps,
  };
}

/** Whether the handler ever let something else go on while it served an event; `null`: it never settled. */
function waits({ known, observed }: CheckEvidence, event: number): boolean | null {
  const served = [
    ...knownOf(known, event).servedAtFirst,
    ...observed.flatMap(({ round, result }) =>
      result.served.filter((_, at) => round.events[at] === event),
    ),
  ];
  if (served.some(({ waited }) => waited)) return true;
  return served.some(({ tookMs }) => tookMs !== undefined) ? false : null;
}

/** What keeps what was seen from being conclusive, one sentence or two each. */
function reasonsOf(evidence: CheckEvidence, overlaps: Overlaps): string[] {
  const { known, unconfirmed } = evidence;
  const nameOf = (index: number) => `"${knownOf(known, index).event.name}"`;
  const fit = fitEvents(known);
  const reasons = known.flatMap(({ event, alone, failures, alwaysFails }) => {
    const failed = alone.find(hasFailed);
    if (!failed) return [];
    const says = `${failed.status} ${textOf(failed.body)}`.trim();
    if (alwaysFails) return [`"${event.name}" fails when it is served alone: ${says}`];
    return [
      `"${event.name}" failed in ${failures} of ${alone.length} times alone, so that its failing at ` +
        `once would say nothing: ${says}`,
    ];
  });
  if (fit.length < 2) {
    reasons.push("Fewer than two events are left to be served at once.");
    return reasons;
  }
  const compared = fit.map((event) => knownOf(known, event));
  if (compared.every((about) => about.isBlind && signsOf(about).length === 0)) {
    reasons.push(
      "Every answer is another one each time, or by what came before, and none of its event's marks " +
        "stands in it, so that no mix-up could show.",
    );
  }
  const pairs = pairsOf(fit);
  if (pairs.every(([one, other]) => areAlike(knownOf(known, one), knownOf(known, other)))) {
    const unlike = new Set(compared.flatMap(({ masked }) => [...masked]));
    reasons.push(
      unlike.size === 0
        ? "Alone, each event gets the same answer as the others, so that no mix-up could show. " +
            "Choose events whose answers differ."
        : "Alone, the events' answers are alike but for what is other each time, or by what came before, " +
            `where none of their marks stands: ${listPlaces([...unlike])}. A mix-up could not show. ` +
            'Choose events whose answers differ elsewhere, or name in "marks" what they hold of their own.',
    );
  }
  const quiet = fit.filter((event) => waits(evidence, event) === false);
  const apart = pairs.filter(([one, other]) => !overlaps.has(pairKey(one, other)));
  if (quiet.length === fit.length) {
    reasons.push(
      "The handler never waits: nothing can come between its lines. If a stub stands for what it " +
        "would wait for, such as a database, let that answer after a moment.",
    );
  } else {
    for (const [one, other] of apart) {
      // Of two that never wait, nothing can come between.
      if (quiet.includes(one) && quiet.includes(other)) continue;
      reasons.push(`${nameOf(one)} and ${nameOf(other)} were never under way at once.`);
    }
  }
  for (const { symptom, shownBy, repeated } of unconfirmed) {
    const [{ round }] = shownBy;
    reasons.push(
      `The answer to ${nameOf(symptom.event)} ${KIND_WORDS[symptom.kind]} ${symptom.phase} in round ` +
        `${round.number}, and in ${repeated.shown} of ${repeated.of} repetitions: that may be chance. ` +
        "More --rounds may tell.",
    );
  }
  return reasons;
}

/**
 * Whether a mix-up of two events could not show: they get the same answer, as far as it is not another
 * one each time, and no mark stands in it that tells them apart.
 */
function areAlike(mine: Known, theirs: Known): boolean {
  if (mine.isBlind || theirs.isBlind) return false;
  const unlike = new Set([...mine.masked, ...theirs.masked]);
  if (differences(mine.reference, theirs.reference, unlike).length > 0) return false;
  return signsOf(mine, theirs).length === 0 && signsOf(theirs, mine).length === 0;
}

/**
 * Where marks of an event stand when it is served alone, by which it would be told at once.
 *
 * @param foreignTo another event, whose answers alone do not hold them
 */
function signsOf(about: Known, foreignTo?: Known): Place[] {
  if (about.alwaysFails) return [];
  const { marks } = about;
  const texts = readAnswer(about.reference);
  const telling = (own: readonly string[]) =>
    foreignTo ? foreignMarks(own, foreignTo.readings) : own;
  const compared = texts.filter(({ place }) => !isWithin(place, about.history));
  return [...findMarks(texts, telling(marks.sent)), ...findMarks(compared, telling(marks.got))].map(
    ({ place }) => place,
  );
}

function textOf(body: unknown): string {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return text.length > 300 ? `${text.slice(0, 299)}…` : text;
}
