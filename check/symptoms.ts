/** What is known of the answers that each event gets alone, and what is odd about one beside them. */

import assert from "node:assert/strict";
import type { Round } from "./check-plan.ts";
import { differences, hasFailed, isBlind, isMadeAlike, valueAt } from "./compare-answers.ts";
import type { CheckEvent } from "./events-file.ts";
import {
  type AnswerText,
  allOf,
  findMarks,
  foreignMarks,
  type Marks,
  readAnswer,
} from "./marks.ts";
import { isWithin, type Place } from "./reports/places.ts";
import { type CheckedAnswer, KINDS } from "./reports/report.ts";
import type { RoundResult, Served } from "./sandbox.ts";

type Kind = (typeof KINDS)[number];

export interface OddPlace {
  place: Place;
  alone: unknown;
  now: unknown;
  /** Of another event, which stands there now. */
  mark?: string;
  /** That event, by its index. */
  of?: number;
}

export interface Symptom {
  kind: Kind;
  phase: Round["phase"];
  /** The event that was answered so, by its index. */
  event: number;
  places: OddPlace[];
  /** The whole answers: one to the event alone, and this one. */
  answers: { alone: CheckedAnswer; now: CheckedAnswer };
}

/** What is known of one event, and of the answers to it. */
export class Known {
  readonly event: CheckEvent;
  /** How it was served alone at first. */
  readonly servedAtFirst: Served[] = [];
  /** What it is known by, once it was served so. */
  marks: Marks = { sent: [], got: [] };
  /** Places that differ between answers to the event alone, or to one like it. */
  readonly volatile = new Set<Place>();
  /** Places that differ by what came before, so that they are not compared at once. */
  readonly history = new Set<Place>();
  /** Where other events' marks stood in turn already, and whose. */
  readonly #mixedInTurn = new Map<number, Set<Place>>();
  /**
   * All texts in the answers to the event alone, or where nothing came but this event, and what is read
   * in them.
   */
  readonly texts = new Set<string>();
  readonly readings = new Set<string>();
  /** It took too long when it was served alone. */
  isLate = false;
  /** What was logged when it failed alone. */
  failureLog: Pick<RoundResult, "log" | "requestIds"> | undefined;
  readonly #alone: CheckedAnswer[] = [];

  constructor(event: CheckEvent) {
    this.event = event;
  }

  /** Takes in one more serving of the event alone. Answers that failed say nothing of the others. */
  addAlone({ served, isLate, log, requestIds }: RoundResult): void {
    const [{ answer } = {}] = served;
    if (!answer) return;
    if (isLate) this.isLate = true;
    if (hasFailed(answer)) this.failureLog ??= { log, requestIds };
    const first = this.#alone.find((one) => !hasFailed(one));
    if (first && !hasFailed(answer)) {
      for (const place of differences(first, answer)) this.volatile.add(place);
    }
    this.#alone.push(answer);
    this.#read(answer);
  }

  /** Takes in a round in which nothing came but this event: what it says is no other's. */
  addBesideItself({ served }: RoundResult): void {
    for (const { answer } of served) if (answer) this.#read(answer);
  }

  #read(answer: CheckedAnswer): void {
    for (const { text, readings } of readAnswer(answer, this.texts)) {
      this.texts.add(text);
      for (const reading of readings) this.readings.add(reading);
    }
  }

  /** Takes in what was odd in turn. A failure says nothing of what else depends on what came before. */
  addInTurn({ kind, places, answers }: Symptom): void {
    if (kind === "failed") return;
    for (const place of differences(answers.alone, answers.now, this.volatile)) {
      this.history.add(place);
    }
    for (const { place, of } of places) {
      if (of === undefined) continue;
      const known = this.#mixedInTurn.get(of) ?? new Set();
      this.#mixedInTurn.set(of, known.add(place));
    }
  }

  /** Whether what came before explains that a mark of another event stands there. */
  isMixedInTurn(place: Place, of: number): boolean {
    return isWithin(place, this.#mixedInTurn.get(of) ?? new Set());
  }

  get alone(): readonly CheckedAnswer[] {
    return this.#alone;
  }

  /** The median of what the handler took at first, in milliseconds; `undefined`: it never settled. */
  get aloneMs(): number | undefined {
    const times = this.servedAtFirst.flatMap(({ tookMs }) => tookMs ?? []);
    return times.toSorted((one, other) => one - other)[Math.floor(times.length / 2)];
  }

  /** What all other answers are compared with: the first one that did not fail. */
  get reference(): CheckedAnswer {
    const first = this.#alone.find((one) => !hasFailed(one)) ?? this.#alone[0];
    assert(first, "an event is served alone before anything is concluded");
    return first;
  }

  /** How often it failed alone. */
  get failures(): number {
    return this.#alone.filter(hasFailed).length;
  }

  /** It never did anything but fail. */
  get alwaysFails(): boolean {
    return this.failures === this.#alone.length;
  }

  /** Nothing of its body is the same each time. */
  get isVolatile(): boolean {
    return isBlind(this.reference, this.volatile);
  }

  /** Places that are not compared at once. */
  get masked(): ReadonlySet<Place> {
    return new Set([...this.volatile, ...this.history]);
  }

  /** Nothing of its body is compared at once. */
  get isBlind(): boolean {
    return isBlind(this.reference, this.masked);
  }
}

/** What is known of an event, by its index. */
export function knownOf(known: readonly Known[], event: number): Known {
  const about = known[event];
  assert(about, "all that is served is an event of the plan");
  return about;
}

/** The indices of the events that do not fail alone: with one that does nothing can be found. */
export function fitEvents(known: readonly Known[]): number[] {
  return known.flatMap(({ alwaysFails }, event) => (alwaysFails ? [] : event));
}

/**
 * What differs each time for one event may do so for another that is like it, and was the same there by
 * chance as often as it was looked at: a flag that says whether something took long, say.
 *
 * @param known of each event
 */
export function shareVolatile(known: readonly Known[]): void {
  const served = known
    .filter(({ alwaysFails }) => !alwaysFails)
    .map((about) => ({ about, own: new Set(about.volatile), route: routeOf(about.event) }));
  for (const one of served) {
    for (const other of served) {
      const masked = new Set([...one.own, ...other.own]);
      const [mine, theirs] = [one.about.reference, other.about.reference];
      if (one.route !== other.route || !isMadeAlike(mine, theirs, masked)) continue;
      for (const place of other.own) {
        const [, part, ...steps] = place.split("/");
        const isPart = part === "headers" || (part === "body" && steps.length > 0);
        if (isPart && valueAt(mine, place) !== undefined) one.about.volatile.add(place);
      }
    }
  }
}

/** Method, length and beginning of the path: what comes then may be the name of something. */
function routeOf(event: CheckEvent): string {
  const { method, target } = event.request("");
  const [, ...steps] = target.replace(/\?.*/s, "").split("/");
  return `${method} ${steps.length} ${steps[0]}`;
}

/**
 * What is odd in the answers of a round. An event that met no other in a round at once counts for
 * nothing there.
 *
 * @param known of each event
 */
export function symptomsOf(
  { phase, events }: Round,
  { served }: RoundResult,
  known: readonly Known[],
): Symptom[] {
  return events.flatMap((event, at): Symptom[] => {
    const one = served[at];
    assert(one, "each event of a round has a place in its result");
    const { answer, overlapped } = one;
    if (!answer) return [];
    const isAtOnce = phase === "at once";
    const beside = isAtOnce
      ? events.filter((_, other) => overlapped.has(other))
      : events.slice(0, at);
    if (beside.length === 0) return [];
    const others = new Set(beside);
    others.delete(event);
    const about = knownOf(known, event);
    const { readings, reference, volatile, history } = about;
    const marksIn = (texts: AnswerText[], of: number, which: readonly string[]) =>
      findMarks(texts, foreignMarks(which, readings)).filter(
        ({ place }) => !(isAtOnce && about.isMixedInTurn(place, of)),
      );
    const placed = (place: Place): OddPlace => {
      return { place, alone: valueAt(reference, place), now: valueAt(answer, place) };
    };
    const symptom = (kind: Kind, places: OddPlace[]): Symptom[] => {
      return [{ kind, phase, event, places, answers: { alone: reference, now: answer } }];
    };
    // What it gets alone as well holds nothing of another.
    const texts = readAnswer(answer, about.texts);
    // What is kept may come to what another gets alone, by right; and an error has words of its own.
    const isComparable = isAtOnce && (answer.status < 400 || reference.status >= 400);
    const comparable = isComparable ? texts.filter(({ place }) => !isWithin(place, history)) : [];
    const mixed = [...others].flatMap((of) => {
      const { sent, got } = knownOf(known, of).marks;
      const bySent = marksIn(texts, of, sent);
      const places = new Set(bySent.map(({ place }) => place));
      const byGot = marksIn(comparable, of, got).filter(({ place }) => !places.has(place));
      return [...bySent, ...byGot].map(
        ({ place, mark, text }): OddPlace => ({ ...placed(place), now: text, mark, of }),
      );
    });
    if (mixed.length > 0) return symptom("mixed", mixed);
    if (hasFailed(answer)) {
      // As it may do alone.
      if (about.failures > 0) return [];
      return symptom("failed", ["/status", "/body"].map(placed));
    }
    const masked = isAtOnce ? about.masked : volatile;
    const differing = differences(reference, answer, masked).map(placed);
    if (differing.length === 0) return [];
    return symptom(isAtOnce ? "changed" : "history", differing);
  });
}

/** Whether a symptom of another serving is the same one, or a worse one at the same place. */
export function isSame(one: Symptom, other: Symptom): boolean {
  const isKind = KINDS.indexOf(other.kind) <= KINDS.indexOf(one.kind);
  if (one.event !== other.event || one.phase !== other.phase || !isKind) return false;
  const places = new Set(one.places.map(({ place }) => place));
  return other.kind === "failed" || other.places.some(({ place }) => isWithin(place, places));
}

/**
 * What is left of a symptom with what is known by now of the event alone; `undefined`: nothing.
 *
 * @param known of each event
 */
export function leftOf(symptom: Symptom, known: readonly Known[]): Symptom | undefined {
  const about = knownOf(known, symptom.event);
  if (symptom.kind === "failed") return about.failures > 0 ? undefined : symptom;
  const places = symptom.places.filter(({ place, mark, of }) => {
    if (mark === undefined || of === undefined) return !isWithin(place, about.volatile);
    return foreignMarks(allOf(knownOf(known, of).marks), about.readings).includes(mark);
  });
  return places.length > 0 ? { ...symptom, places } : undefined;
}
