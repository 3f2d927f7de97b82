/** Makes the report of all that was seen: what was found, what keeps it from being conclusive, counts. */

import { VERSION } from "../experiment/version.ts";
import { differences, hasFailed } from "./answers.ts";
import type { Evidence, Observed, Suspicion } from "./evidence.ts";
import { allOf, findMarks, foreignMarks, readAnswer } from "./marks.ts";
import { isWithin, type Place } from "./reports/places.ts";
import { type Answer, type Finding, KINDS, type Report, type Verdict } from "./reports/report.ts";
import { KIND_WORDS, listed } from "./reports/report-text.ts";
import { pairsOf, servingsOf } from "./rounds.ts";
import type { RoundResult } from "./sandbox.ts";
import { Secrets } from "./secrets.ts";
import type { Known, OddPlace } from "./symptoms.ts";

export function makeReport(evidence: Evidence): Report {
  const { plan, marks, known, observed, confirmed } = evidence;
  const answers = observed.flatMap(({ result }) =>
    result.served.flatMap(({ answer }) => answer ?? []),
  );
  const seen: Answer[] = [...known.flatMap(({ alone }) => alone), ...answers];
  const secrets = new Secrets(
    plan.events.map((event, at) => {
      return { event, marks: marks[at]?.sent ?? [], alone: known[at]?.alone ?? [] };
    }),
    seen,
  );
  const findings = confirmed
    .map((suspicion) => findingOf(evidence, suspicion, secrets))
    .sort((one, other) => KINDS.indexOf(one.kind) - KINDS.indexOf(other.kind));
  const { inTurn, atOnce, overlaps } = countsOf(evidence);
  const reasons = reasonsOf(evidence, overlaps);
  const served = (phase: string, event: number) =>
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
    events: plan.events.map(({ name }, event) => ({
      name,
      marks: secrets.masked(marks[event] ? allOf(marks[event]) : []),
      served: {
        alone: known[event]?.alone.length ?? 0,
        inTurn: served("in turn", event),
        atOnce: served("at once", event),
      },
      aloneMs: evidence.aloneMs[event] ?? null,
      waits: waits(evidence, event),
      volatile: secrets.masked([...(known[event]?.volatile ?? [])]),
      history: secrets.masked([...(known[event]?.history ?? [])]),
      isVolatile: known[event]?.isVolatile ?? false,
      marked: secrets.masked([...new Set(signsOf(evidence, event))]),
      failures: secrets.masked(failuresOf(evidence, event)),
    })),
    inTurn,
    atOnce,
  };
}

function verdictOf(findings: readonly Finding[], reasons: readonly string[]): Verdict {
  const [worst] = findings;
  if (worst && worst.kind !== "history") return worst.kind;
  if (reasons.length > 0) return "inconclusive";
  return worst?.kind ?? "unchanged";
}

function findingOf(
  evidence: Evidence,
  { symptom, shownBy, repeated }: Suspicion,
  secrets: Secrets,
): Finding {
  const { plan, observed } = evidence;
  const { kind, phase, event } = symptom;
  const [shown] = shownBy;
  const nameOf = (index: number) => plan.events[index]?.name ?? "";
  const could = observed.filter(
    ({ round }) => round.phase === phase && round.events.includes(event),
  );
  const owners = symptom.places.flatMap(({ of }) => of ?? []);
  const beside = shown?.round.events.filter((other) => other !== event) ?? [];
  const others = new Set(owners.length > 0 ? owners : beside);
  const letGoAtMs = shown?.round.events.map((one, at): [string, number] => [
    nameOf(one),
    Math.round((shown.round.letGoAtMs[at] ?? 0) * 100) / 100,
  ]);
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
    round: shown?.round.number ?? 0,
    isWarm: shown !== undefined && shown.round.before.length > 0,
    letGoAtMs: phase === "at once" ? Object.fromEntries(letGoAtMs ?? []) : {},
    rounds: { shown: shownBy.length, of: could.length },
    repeated,
    log: shown ? secrets.masked(logOf(shown, nameOf)) : [],
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

function failuresOf(
  { plan, known }: Evidence,
  event: number,
): Report["events"][number]["failures"] {
  const { failures = 0, failureLog } = known[event] ?? {};
  const log = failureLog ? namedLog(failureLog, [plan.events[event]?.name ?? ""]) : [];
  return { alone: failures, log };
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

/** Which pairs of events were under way at once, and how often. */
type Overlaps = ReadonlyMap<string, number>;

const pairKey = (one: number, other: number) => `${Math.min(one, other)} ${Math.max(one, other)}`;

function countsOf({
  observed,
}: Evidence): Pick<Report, "inTurn" | "atOnce"> & { overlaps: Overlaps } {
  const overlaps = new Map<string, number>();
  const atOnce = observed.filter(({ round }) => round.phase === "at once");
  let [pairs, overlapped, most] = [0, 0, 0];
  for (const { round, result } of atOnce) {
    pairs += pairsOf(round.events.length).length;
    most = Math.max(most, result.mostAtOnce);
    for (const [one, other] of pairsOf(round.events.length)) {
      if (!result.served[one]?.overlapped.has(other)) continue;
      overlapped += 1;
      const key = pairKey(round.events[one] ?? -1, round.events[other] ?? -1);
      overlaps.set(key, (overlaps.get(key) ?? 0) + 1);
    }
  }
  return {
    inTurn: { rounds: observed.length - atOnce.length },
    atOnce: { rounds: atOnce.length, pairs, overlapped, most },
    overlaps,
  };
}

/** Whether the handler ever let something else go on while it served an event; `null`: it never settled. */
function waits({ alone, observed }: Evidence, event: number): boolean | null {
  const served = [
    ...(alone[event] ?? []),
    ...observed.flatMap(({ round, result }) =>
      result.served.filter((_, at) => round.events[at] === event),
    ),
  ];
  if (served.some(({ waited }) => waited)) return true;
  return served.some(({ tookMs }) => tookMs !== undefined) ? false : null;
}

/** What keeps what was seen from being conclusive, one sentence or two each. */
function reasonsOf(evidence: Evidence, overlaps: Overlaps): string[] {
  const { plan, known, unconfirmed } = evidence;
  const nameOf = (index: number) => `"${plan.events[index]?.name ?? ""}"`;
  const indices = [...plan.events.keys()];
  const fit = indices.filter((event) => !known[event]?.alwaysFails);
  const reasons = indices.flatMap((event) => {
    const { alone = [], failures = 0, alwaysFails } = known[event] ?? {};
    const failed = alone.find(hasFailed);
    if (!failed) return [];
    const says = `${failed.status} ${textOf(failed.body)}`.trim();
    if (alwaysFails) return [`${nameOf(event)} fails when it is served alone: ${says}`];
    return [
      `${nameOf(event)} failed in ${failures} of ${alone.length} times alone, so that its failing at ` +
        `once would say nothing: ${says}`,
    ];
  });
  if (fit.length < 2) {
    reasons.push("Fewer than two events are left to be served at once.");
    return reasons;
  }
  if (fit.every((event) => known[event]?.isBlind && signsOf(evidence, event).length === 0)) {
    reasons.push(
      "Every answer is another one each time, or by what came before, and none of its event's marks " +
        "stands in it, so that no mix-up could show.",
    );
  }
  const pairs = pairsOf(fit.length).map(([one, other]): [number, number] => [
    fit[one] ?? -1,
    fit[other] ?? -1,
  ]);
  if (pairs.every((pair) => areAlike(evidence, pair))) {
    const unlike = new Set(fit.flatMap((event) => [...(known[event]?.masked ?? [])]));
    reasons.push(
      unlike.size === 0
        ? "Alone, each event gets the same answer as the others, so that no mix-up could show. " +
            "Choose events whose answers differ."
        : "Alone, the events' answers are alike but for what is other each time, or by what came before, " +
            `where none of their marks stands: ${listed([...unlike])}. A mix-up could not show. Choose events whose ` +
            'answers differ elsewhere, or name in "marks" what they hold of their own.',
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
    const round = shownBy[0]?.round.number ?? 0;
    reasons.push(
      `The answer to ${nameOf(symptom.event)} ${KIND_WORDS[symptom.kind]} ${symptom.phase} in round ${round}, and in ${repeated.shown} of ${repeated.of} repetitions: ` +
        "that may be chance. More --rounds may tell.",
    );
  }
  return reasons;
}

/**
 * Whether a mix-up of two events could not show: they get the same answer, as far as it is not another
 * one each time, and no mark stands in it that tells them apart.
 */
function areAlike(evidence: Evidence, [one, other]: [number, number]): boolean {
  const [mine, theirs] = [evidence.known[one], evidence.known[other]];
  if (!mine || !theirs || mine.isBlind || theirs.isBlind) return false;
  const unlike = new Set([...mine.masked, ...theirs.masked]);
  if (differences(mine.reference, theirs.reference, unlike).length > 0) return false;
  return signsOf(evidence, one, theirs).length === 0 && signsOf(evidence, other, mine).length === 0;
}

/**
 * Where marks of an event stand when it is served alone, by which it would be told at once.
 *
 * @param foreignTo another event, whose answers alone do not hold them
 */
function signsOf(evidence: Evidence, event: number, foreignTo?: Known): Place[] {
  const about = evidence.known[event];
  const marks = evidence.marks[event];
  if (!about || !marks || about.alwaysFails) return [];
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
