/** Makes the report of all that was seen: what was found, what keeps it from being conclusive, counts. */

import { VERSION } from "../experiment/version.ts";
import { differences } from "./answers.ts";
import type { Evidence, Observed, Suspicion } from "./evidence.ts";
import { type Answer, type Finding, KINDS, type Report, type Verdict } from "./reports/report.ts";
import { pairsOf, servingsOf } from "./rounds.ts";
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
      return { event, marks: marks[at] ?? [], alone: known[at]?.alone ?? [] };
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
      marks: secrets.masked([...(marks[event] ?? [])]),
      served: {
        alone: known[event]?.alone.length ?? 0,
        inTurn: served("in turn", event),
        atOnce: served("at once", event),
      },
      aloneMs: evidence.aloneMs[event] ?? null,
      waits: waits(evidence, event),
      volatile: secrets.masked([...(known[event]?.volatile ?? [])]),
      isVolatile: known[event]?.isBlind ?? false,
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

/** The log of a round, in which each request has the name of its event. */
function logOf({ round, result }: Observed, nameOf: (index: number) => string): string[] {
  const events = [...round.events, ...round.before];
  return result.log.map((line) =>
    result.requestIds.reduce(
      (text, id, at) => text.replaceAll(id, `[${nameOf(events[at] ?? -1)}]`),
      // The environment's label says nothing: there is but one.
      line.replace(/^[0-9a-f]{8} /, ""),
    ),
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

/** Whether the handler ever let something else go on while it served an event. */
function waits({ alone, observed }: Evidence, event: number): boolean {
  const served = observed.flatMap(({ round, result }) =>
    result.served.filter((_, at) => round.events[at] === event),
  );
  return [...(alone[event] ?? []), ...served].some(({ waited }) => waited);
}

/** What keeps what was seen from being conclusive, one sentence or two each. */
function reasonsOf(evidence: Evidence, overlaps: Overlaps): string[] {
  const { plan, known, unconfirmed } = evidence;
  const nameOf = (index: number) => `"${plan.events[index]?.name ?? ""}"`;
  const indices = [...plan.events.keys()];
  const failing = indices.filter((event) => known[event]?.failsAlone);
  const fit = indices.filter((event) => !failing.includes(event));
  const reasons = failing.map((event) => {
    const failed = known[event]?.alone.find(({ status }) => status >= 500);
    const says = failed ? `${failed.status} ${textOf(failed.body)}` : "";
    return `${nameOf(event)} fails when it is served alone: ${says}`.trim();
  });
  if (failing.length > 0 && fit.length < 2) {
    reasons.push("Fewer than two events are left to be served at once.");
    return reasons;
  }
  if (fit.every((event) => known[event]?.isBlind)) {
    reasons.push(
      "Every answer is another one each time, so that only other events' marks could be found in it.",
    );
  }
  if (
    pairsOf(fit.length).every(([one, other]) =>
      areAlike(known[fit[one] ?? -1], known[fit[other] ?? -1]),
    )
  ) {
    reasons.push(
      "Alone, each event gets the same answer as the others, so that no mix-up could show. Choose " +
        "events whose answers differ.",
    );
  }
  const quiet = fit.filter((event) => !waits(evidence, event));
  const apart = pairsOf(fit.length)
    .map(([one, other]): [number, number] => [fit[one] ?? -1, fit[other] ?? -1])
    .filter(([one, other]) => !overlaps.has(pairKey(one, other)));
  if (fit.length >= 2 && quiet.length === fit.length) {
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
      `${nameOf(symptom.event)} was ${symptom.kind === "history" ? "changed in turn" : symptom.kind} ` +
        `in round ${round}, and in ${repeated.shown} of ${repeated.of} repetitions: ` +
        "that may be chance. More --rounds may tell.",
    );
  }
  return reasons;
}

/** Whether two events get the same answer, as far as it is not another one each time. */
function areAlike(one: Known | undefined, other: Known | undefined): boolean {
  if (!one || !other || one.isBlind || other.isBlind) return false;
  const unlike = new Set([...one.volatile, ...other.volatile]);
  return differences(one.reference, other.reference, unlike).length === 0;
}

function textOf(body: unknown): string {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return text.length > 300 ? `${text.slice(0, 299)}…` : text;
}
