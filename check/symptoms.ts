/** What is odd about an answer, seen beside those that the same event gets alone. */

import assert from "node:assert/strict";
import { differences, hasFailed, isBlind, isWithin, valueAt } from "./answers.ts";
import { findMarks, foreignMarks, readAnswer } from "./marks.ts";
import type { Place } from "./reports/places.ts";
import { type Answer, KINDS } from "./reports/report.ts";
import type { Round } from "./rounds.ts";
import type { RoundResult } from "./sandbox.ts";

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
  answers: { alone: Answer; now: Answer };
}

/** What is known of the answers to one event. */
export class Known {
  /** Places that differ between answers to the event alone. */
  readonly volatile = new Set<Place>();
  /** Places that differ by what came before. */
  readonly history = new Set<Place>();
  /** All that is read in the answers to the event alone. */
  readonly readings = new Set<string>();
  readonly #alone: Answer[] = [];

  /** Takes in one more answer to the event alone. */
  addAlone(answer: Answer): void {
    const [first] = this.#alone;
    if (first) for (const place of differences(first, answer)) this.volatile.add(place);
    this.#alone.push(answer);
    for (const { readings } of readAnswer(answer)) {
      for (const reading of readings) this.readings.add(reading);
    }
  }

  get alone(): readonly Answer[] {
    return this.#alone;
  }

  get reference(): Answer {
    const [first] = this.#alone;
    assert(first, "an event is served alone before anything is concluded");
    return first;
  }

  get failsAlone(): boolean {
    return this.#alone.some(hasFailed);
  }

  /** Nothing of its body is the same each time. */
  get isBlind(): boolean {
    return isBlind(this.reference, this.volatile);
  }
}

/**
 * What is odd in the answers of a round. An event that met no other in a round at once counts for
 * nothing there.
 *
 * @param known of each event
 * @param marks of each event
 */
export function symptomsOf(
  { phase, events }: Round,
  { served }: RoundResult,
  known: readonly Known[],
  marks: readonly (readonly string[])[],
): Symptom[] {
  return served.flatMap(({ answer, overlapped }, at): Symptom[] => {
    const event = events[at];
    const about = event === undefined ? undefined : known[event];
    if (!answer || event === undefined || !about) return [];
    const isAtOnce = phase === "at once";
    const beside = isAtOnce ? [...overlapped] : Array.from({ length: at }, (_, before) => before);
    if (beside.length === 0) return [];
    const others = new Set(beside.flatMap((one) => events[one] ?? []));
    others.delete(event);
    const { readings, reference, volatile, history } = about;
    const placed = (place: Place): OddPlace => {
      return { place, alone: valueAt(reference, place), now: valueAt(answer, place) };
    };
    const symptom = (kind: Kind, places: OddPlace[]): Symptom[] => {
      return [{ kind, phase, event, places, answers: { alone: reference, now: answer } }];
    };
    const texts = readAnswer(answer);
    const mixed = [...others].flatMap((of) =>
      findMarks(texts, foreignMarks(marks[of] ?? [], readings))
        // What came before explains it.
        .filter(({ place }) => !(isAtOnce && isWithin(place, history)))
        .map(({ place, mark, text }): OddPlace => ({ ...placed(place), now: text, mark, of })),
    );
    if (mixed.length > 0) return symptom("mixed", mixed);
    const masked = isAtOnce ? new Set([...volatile, ...history]) : volatile;
    const differing = differences(reference, answer, masked).map(placed);
    const isNew = hasFailed(answer) && !about.failsAlone && !masked.has("/status");
    if (isAtOnce && isNew) return symptom("failed", ["/status", "/body"].map(placed));
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
 * @param marks of each event
 */
export function leftOf(
  symptom: Symptom,
  about: Known,
  marks: readonly (readonly string[])[],
): Symptom | undefined {
  if (symptom.kind === "failed") return about.failsAlone ? undefined : symptom;
  const places = symptom.places.filter(({ place, mark, of }) => {
    if (mark === undefined || of === undefined) return !isWithin(place, about.volatile);
    return foreignMarks(marks[of] ?? [], about.readings).includes(mark);
  });
  return places.length > 0 ? { ...symptom, places } : undefined;
}
