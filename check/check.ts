/**
 * Checks whether a handler survives that several of its requests share a process. One way through:
 * alone → in turn → at once → compare → confirm → report.
 *
 * Each event is served alone some times: what differs between those answers is volatile, and not
 * compared. Then all are served one after the other, where what differs depends on what came before,
 * and at once, where what differs depends on who else is there.
 */

import assert from "node:assert/strict";
import { setTimeout as wait } from "node:timers/promises";
import { seededRandom } from "../basics/seeded-random.ts";
import {
  ALONE,
  besideItself,
  type CheckPlan,
  CONFIRM,
  planRounds,
  type Round,
  timeRound,
} from "./check-plan.ts";
import { type CheckEvidence, makeReport, type Observed, type Suspicion } from "./findings.ts";
import { marksOf } from "./marks.ts";
import { type CheckReport, KINDS } from "./reports/report.ts";
import { inParallel, type RoundResult, Sandbox, type Served } from "./sandbox.ts";
import {
  fitEvents,
  isSame,
  Known,
  knownOf,
  leftOf,
  type Symptom,
  shareVolatile,
  symptomsOf,
} from "./symptoms.ts";

/** Rounds that are repeated to see a symptom again, where the first of them does not show it. */
const TRIED_ROUNDS = 3;
/** How much longer it may take at once before it is taken to hang: so many times, and so long beside. */
const LIMIT = { times: 10, beyondMs: 5_000 };
/** Rounds in which the handler hung, after which no more are served: each takes so long. */
const MOST_HUNG = 3;

export type OnProgress = (doing: string, done: number, of: number) => void;

/**
 * Serves the events, and compares.
 *
 * @throws StartError when the code is not there; CodeDidNotStart; CodeEdited; the signal's
 * reason when that aborts it
 */
export async function check(
  plan: CheckPlan,
  signal: AbortSignal,
  onProgress: OnProgress = () => {},
): Promise<CheckReport> {
  const sandbox = await Sandbox.open(plan.configuration, plan.code);
  const leave = () => void sandbox.close();
  signal.addEventListener("abort", leave, { once: true });
  try {
    signal.throwIfAborted();
    const known = plan.events.map((event) => new Known(event));
    const evidence = await gather({ plan, sandbox, signal, onProgress, known });
    if (await sandbox.isEdited()) throw new CodeEdited(plan.code.root);
    return makeReport(evidence);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener("abort", leave);
    await sandbox.close();
  }
}

/** The code was edited meanwhile: what was seen is of two versions. */
class CodeEdited extends Error {
  override readonly name = "CodeEdited";
  constructor(folder: string) {
    super(
      `The code in ${folder} was edited while it was checked. Check it again; if it was the code that ` +
        "wrote there, which AWS does not allow, let it write into os.tmpdir().",
    );
  }
}

/** What every serving needs. */
interface Context {
  plan: CheckPlan;
  sandbox: Sandbox;
  signal: AbortSignal;
  onProgress: OnProgress;
  /** Of each event. */
  known: readonly Known[];
}

async function gather(context: Context): Promise<CheckEvidence> {
  const { plan, sandbox, known } = context;
  const startedAt = new Date();
  await serveAllAlone(context);
  for (const [event, marks] of marksOf(plan.events, known).entries()) {
    knownOf(known, event).marks = marks;
  }
  shareVolatile(known);
  const rounds = roundsOf(context);
  const look = ({ round, result }: Observed) => symptomsOf(round, result, known);

  const inTurn = await serveRounds(context, "in turn", rounds);
  await serveBesideThemselves(context, inTurn, look);
  for (const symptom of inTurn.flatMap(look)) knownOf(known, symptom.event).addInTurn(symptom);
  const atOnce = await serveRounds(context, "at once", rounds);
  await serveBesideThemselves(context, atOnce, look);
  const observed = [...inTurn, ...atOnce];

  const suspicions = suspect(observed, look);
  const repetitions = new Repetitions(context);
  const repeated: Suspicion[] = [];
  for (const [at, suspicion] of suspicions.entries()) {
    context.onProgress("repeating", at, suspicions.length);
    repeated.push(await repeat(repetitions, suspicion, look));
  }
  const isShown = ({ repeated: { shown } }: Suspicion) => shown >= CONFIRM.least;
  await serveSuspectsAlone(context, repeated);
  shareVolatile(known);
  const left = repeated.flatMap((suspicion): Suspicion[] => {
    const symptom = leftOf(suspicion.symptom, known);
    return symptom ? [{ ...suspicion, symptom }] : [];
  });
  return {
    plan,
    codeSha256: sandbox.codeSha256,
    startedAt,
    known,
    observed,
    confirmed: left.filter(isShown),
    unconfirmed: left.filter((suspicion) => !isShown(suspicion)),
  };
}

/** Serves each event alone the first times. */
async function serveAllAlone(context: Context): Promise<void> {
  const { plan, signal, onProgress, known } = context;
  const random = seededRandom(plan.seed ^ ALONE.times);
  const all = plan.events.length * ALONE.times;
  let done = 0;
  for (let time = 0; time < ALONE.times; time++) {
    // What took too long once would do so again, and hold up the others.
    if (known.every(({ isLate }) => isLate)) break;
    if (time > 0) await wait(ALONE.pauseMs, undefined, { signal });
    const seeds = known
      .map((about) => ({ about, seed: Math.floor(random() * 2 ** 31) }))
      .filter(({ about }) => !about.isLate);
    // The very first by itself: of code that cannot start at all, it says why.
    const parts = time === 0 ? [seeds.slice(0, 1), seeds.slice(1)] : [seeds];
    for (const part of parts) {
      await inParallel(part, async ({ about, seed }) => {
        about.servedAtFirst.push(await serveAlone(context, about, seed));
        onProgress("alone", ++done, all);
      });
    }
  }
}

/**
 * Serves events whose answers held marks of others once more, in a round as that one, in which nobody
 * but the event itself comes. What it gets there as well is no other's, such as what a handler says when
 * it is busy.
 */
async function serveBesideThemselves(
  context: Context,
  observed: readonly Observed[],
  look: Look,
): Promise<void> {
  const { known, onProgress } = context;
  const widest = observed.toSorted((a, b) => b.round.events.length - a.round.events.length);
  const byEvent = new Map<number, Round>();
  for (const one of widest) {
    for (const { kind, event } of look(one)) {
      if (kind === "mixed" && !byEvent.has(event)) byEvent.set(event, one.round);
    }
  }
  const servings = [...byEvent].flatMap(([event, round]) =>
    Array.from({ length: CONFIRM.besideItself }, (_, time) => {
      return { event, round: besideItself(round, event, time) };
    }),
  );
  let done = 0;
  await inParallel(servings, async ({ event, round }) => {
    knownOf(known, event).addBesideItself(await serveRound(context, round));
    onProgress("beside itself", ++done, servings.length);
  });
}

/** Serves the events again that would be told of, so that what is volatile now and then is known. */
async function serveSuspectsAlone(
  context: Context,
  suspicions: readonly Suspicion[],
): Promise<void> {
  const random = seededRandom(context.plan.seed ^ CONFIRM.alone);
  const events = [...new Set(suspicions.map(({ symptom }) => symptom.event))];
  const servings = events.flatMap((event) =>
    Array.from({ length: CONFIRM.alone }, () => ({ event, seed: Math.floor(random() * 2 ** 31) })),
  );
  let done = 0;
  await inParallel(servings, async ({ event, seed }) => {
    await serveAlone(context, knownOf(context.known, event), seed);
    context.onProgress("alone again", ++done, servings.length);
  });
}

async function serveAlone(
  { plan, sandbox, signal }: Context,
  about: Known,
  seed: number,
): Promise<Served> {
  signal.throwIfAborted();
  const result = await sandbox.serve({
    before: [],
    events: [about.event],
    letGoAtMs: [],
    delaySeed: plan.delays ? seed : undefined,
    limitMs: plan.limitMs,
  });
  about.addAlone(result);
  const [served] = result.served;
  assert(served, "what is served has a place in the result");
  return served;
}

/** The rounds of the events that do not fail alone, each at its time. */
function roundsOf({ plan, known }: Context): Round[] {
  const fit = fitEvents(known);
  if (fit.length < 2) return [];
  const aloneMs = known.map((about) => about.aloneMs);
  return planRounds(fit, plan.rounds, plan.seed).map((round) => timeRound(round, aloneMs));
}

async function serveRounds(
  context: Context,
  phase: Round["phase"],
  rounds: readonly Round[],
): Promise<Observed[]> {
  const own = rounds.filter((round) => round.phase === phase);
  let hung = 0;
  let done = 0;
  const observed = await inParallel(own, async (round): Promise<Observed[]> => {
    if (hung >= MOST_HUNG) return [];
    const result = await serveRound(context, round);
    if (result.isLate) hung += 1;
    context.onProgress(phase, ++done, own.length);
    return [{ round, result }];
  });
  return observed.flat();
}

function serveRound(
  { plan, sandbox, signal, known }: Context,
  { phase, before, events, letGoAtMs, seed }: Round,
): Promise<RoundResult> {
  signal.throwIfAborted();
  const eventOf = (event: number) => knownOf(known, event).event;
  const longestMs = Math.max(0, ...known.flatMap(({ aloneMs }) => aloneMs ?? []));
  return sandbox.serve({
    before: before.map(eventOf),
    events: events.map(eventOf),
    letGoAtMs: phase === "in turn" ? phase : letGoAtMs,
    delaySeed: plan.delays ? seed : undefined,
    limitMs: LIMIT.beyondMs + Math.min(plan.limitMs, LIMIT.times * longestMs),
  });
}

type Look = (observed: Observed) => Symptom[];

/** For each event and each kind of symptom, the rounds that show it; the worst kind first. */
function suspect(observed: readonly Observed[], look: Look): Suspicion[] {
  const found = new Map<string, { symptom: Symptom; shownBy: [Observed, ...Observed[]] }>();
  for (const one of observed) {
    const symptoms = look(one);
    for (const symptom of symptoms) {
      const key = `${symptom.kind} ${symptom.phase} ${symptom.event}`;
      const known = found.get(key);
      if (!known) found.set(key, { symptom, shownBy: [one] });
      else if (known.shownBy.at(-1) !== one) known.shownBy.push(one);
    }
  }
  return [...found.values()]
    .sort((one, other) => KINDS.indexOf(one.symptom.kind) - KINDS.indexOf(other.symptom.kind))
    .map((one) => ({ ...one, repeated: { shown: 0, of: 0 } }));
}

/**
 * Repeats a round that showed a symptom, until it has come again often enough or cannot any more; then
 * another round. What is told is what the round that came again has shown.
 */
async function repeat(
  repetitions: Repetitions,
  suspicion: Suspicion,
  look: Look,
): Promise<Suspicion> {
  const { kind, phase, event } = suspicion.symptom;
  let best = suspicion;
  for (const observed of suspicion.shownBy.slice(0, TRIED_ROUNDS)) {
    const symptom = look(observed).find(
      (one) => one.kind === kind && one.phase === phase && one.event === event,
    );
    assert(symptom, "a round goes on showing what it showed");
    let [shown, of] = [0, 0];
    while (shown < CONFIRM.least && of - shown <= CONFIRM.most - CONFIRM.least) {
      of = Math.min(CONFIRM.most, of + CONFIRM.least - shown);
      const again = await repetitions.of(observed.round, of);
      shown = again.filter((one) => look(one).some((other) => isSame(symptom, other))).length;
    }
    const others = suspicion.shownBy.filter((other) => other !== observed);
    if (shown >= best.repeated.shown) {
      best = { symptom, shownBy: [observed, ...others], repeated: { shown, of } };
    }
    if (shown >= CONFIRM.least) break;
  }
  return best;
}

/** Rounds that were served again; several symptoms may be seen in one. */
class Repetitions {
  readonly #context: Context;
  readonly #served = new Map<Round, Observed[]>();

  constructor(context: Context) {
    this.#context = context;
  }

  /** A round, served so many times. */
  async of(round: Round, times: number): Promise<Observed[]> {
    const served = this.#served.get(round) ?? [];
    this.#served.set(round, served);
    const missing = Array.from({ length: Math.max(0, times - served.length) });
    const more = await inParallel(missing, async (): Promise<Observed> => {
      return { round, result: await serveRound(this.#context, round) };
    });
    served.push(...more);
    return served.slice(0, times);
  }
}
