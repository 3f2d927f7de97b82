/** Marks: texts by which an event's request is known, wherever they turn up. */

import { textsIn } from "./answers.ts";
import type { CheckEvent } from "./events-file.ts";
import type { Place } from "./reports/places.ts";
import type { Answer } from "./reports/report.ts";

/** A shorter text may stand anywhere by chance. */
const LEAST_LENGTH = 4;
/** What is longer is content rather than a name. */
const MOST_LENGTH = 300;
/** Beside those that its author names; the first ones found say as much as all. */
const MOST_MARKS = 100;

/** For each event, the texts of its request that no other event's has, longest first. */
export function marksOf(events: readonly CheckEvent[]): string[][] {
  return events.map((event) => {
    const others = events.filter((other) => other !== event);
    const isOwn = (text: string) =>
      !others.some((other) => textsOf(other).some((one) => one.includes(text)));
    const found = [...event.texts, ...event.secretTexts]
      .map((text) => text.trim())
      .filter(({ length }) => length >= LEAST_LENGTH && length <= MOST_LENGTH)
      .slice(0, 100 * MOST_MARKS)
      .filter(isOwn)
      .slice(0, MOST_MARKS);
    const own = new Set([...event.marks.filter(isOwn), ...found]);
    return [...own].sort((one, other) => other.length - one.length);
  });
}

function textsOf({ texts, secretTexts, marks }: CheckEvent): string[] {
  return [...texts, ...secretTexts, ...marks];
}

export interface FoundMark {
  place: Place;
  mark: string;
  /** The text that holds it. */
  text: string;
}

/** Where marks stand in an answer, each place once. */
export function findMarks(answer: Answer, marks: readonly string[]): FoundMark[] {
  const found = new Map<Place, FoundMark>();
  for (const [place, text] of textsIn(answer)) {
    const mark = marks.find((one) => holds(text, one));
    if (mark !== undefined && !found.has(place)) found.set(place, { place, mark, text });
  }
  return [...found.values()];
}

/** Of these, the marks that stand nowhere in answers to an event that was served alone. */
export function foreignMarks(marks: readonly string[], alone: readonly Answer[]): string[] {
  const texts = alone.flatMap((answer) => [...textsIn(answer)].map(([, text]) => text));
  return marks.filter((mark) => !texts.some((text) => text.includes(mark)));
}

const LETTER = /[\p{L}\p{N}]/u;

/** Whether a text holds a mark by itself: in a longer word or number it stands by chance. */
function holds(text: string, mark: string): boolean {
  for (let at = text.indexOf(mark); at >= 0; at = text.indexOf(mark, at + 1)) {
    const isFree = (beside: string | undefined, edge: string) =>
      beside === undefined || !LETTER.test(beside) || !LETTER.test(edge);
    const [first = "", last = ""] = [mark[0], mark.at(-1)];
    if (isFree(text[at - 1], first) && isFree(text[at + mark.length], last)) return true;
  }
  return false;
}
