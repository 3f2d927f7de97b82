/**
 * Marks: texts by which an event is known, of its request or of its answers alone, wherever they turn up,
 * and however encoded.
 */

import { isCommonValue, isMessageHeader } from "./common-values.ts";
import { textsIn, valuesIn } from "./compare-answers.ts";
import type { CheckEvent } from "./events-file.ts";
import { isReadable, readingsOf } from "./readings.ts";
import type { Place } from "./reports/places.ts";
import type { CheckedAnswer } from "./reports/report.ts";

/** A shorter text may stand anywhere by chance. */
const LEAST_LENGTH = 4;
/** What is longer is content rather than a name. */
const MOST_LENGTH = 300;
/** Beside those that its author names; the first ones found say as much as all. */
const MOST_MARKS = 100;

/** What an event is known by, the longest first. */
export interface Marks {
  /**
   * Texts of its request that no other event's has, and that not just anybody may write; and those that
   * its author names.
   */
  sent: readonly string[];
  /**
   * Texts and words that each answer to it alone holds, and no answer to another event alone. What is
   * kept from one request to the next may come to the same by right, so they prove less.
   */
  got: readonly string[];
}

/** What is known of the answers to an event alone. */
interface Answered {
  alone: readonly CheckedAnswer[];
  /** All that is read in them. */
  readings: ReadonlySet<string>;
}

/** @param answered for each event; none where only their requests are asked about */
export function marksOf(
  events: readonly CheckEvent[],
  answered: readonly Answered[] = [],
): Marks[] {
  return events.map((event, at) => {
    const isOwn = ownTest(event, events);
    const texts = [...event.texts, ...event.secrets.map(({ text }) => text)];
    const sent = new Set([...event.marks.filter(isOwn), ...firstMarks(texts, isOwn)]);
    const others = answered.filter((_, other) => other !== at);
    const isGotAlone = (text: string) =>
      isOwn(text) &&
      !sent.has(text) &&
      others.every(({ readings }) => foreignMarks([text], readings).length > 0);
    const got = firstMarks(answered[at] ? wordsOfAll(answered[at].alone) : [], isGotAlone);
    return { sent: longestFirst(sent), got: longestFirst(got) };
  });
}

/** All that an event is known by. */
export function allOf({ sent, got }: Marks): string[] {
  return longestFirst([...sent, ...got]);
}

function longestFirst(texts: Iterable<string>): string[] {
  return [...texts].sort((one, other) => other.length - one.length);
}

function firstMarks(texts: Iterable<string>, isMark: (text: string) => boolean): string[] {
  return Iterator.from(texts)
    .map((text) => text.trim())
    .filter(({ length }) => length >= LEAST_LENGTH && length <= MOST_LENGTH)
    .filter((text) => isReadable(text) && !isCommonValue(text))
    .take(100 * MOST_MARKS)
    .filter(isMark)
    .take(MOST_MARKS)
    .toArray();
}

/** Names, numbers and addresses, which a text has more of than its tags and spaces. */
const WORD = /[\p{L}\p{N}]+(?:[@._-][\p{L}\p{N}]+)*/gu;

/** Texts, and the words in them, that stand in each of these answers; an error says nothing of its own. */
function wordsOfAll(answers: readonly CheckedAnswer[]): string[] {
  if (answers.some(({ status }) => status >= 400)) return [];
  const [first, ...others] = answers;
  const rest = others.map(wordsOf);
  return first ? [...wordsOf(first)].filter((word) => rest.every((words) => words.has(word))) : [];
}

function wordsOf(answer: CheckedAnswer): Set<string> {
  const texts = [...valuesIn(answer)].filter(isTelling).map(([, text]) => text);
  return new Set(texts.flatMap((text) => [text, ...(text.match(WORD) ?? [])]));
}

/** Whether what stands at a place may tell whose it is. */
function isTelling([place]: [place: Place, text: string]): boolean {
  const [, part, name = ""] = place.split("/");
  return part !== "headers" || !isMessageHeader(name);
}

/** Words that are too short to be marks by themselves, and that one event alone has. */
export function shortWordsOf(events: readonly CheckEvent[]): string[] {
  return events.flatMap((event) => {
    const isOwn = ownTest(event, events);
    const words = event.texts.filter(
      (text) => SHORT_WORD.test(text) && !isCommonValue(text) && isOwn(text),
    );
    return [...new Set(words)].filter((word) => !event.marks.includes(word));
  });
}

/** Such as `ana`, and neither a number nor `a=1`. */
const SHORT_WORD = /^\p{L}[\p{L}\p{N}]{2}$/u;

/** Tells whether no other event has a text. */
function ownTest(event: CheckEvent, events: readonly CheckEvent[]): (text: string) => boolean {
  const others = events
    .filter((other) => other !== event)
    .flatMap((other) => textsOf(other).map(folded));
  return (text) => !others.some((one) => one.includes(folded(text)));
}

function textsOf({ texts, secrets, marks }: CheckEvent): string[] {
  return [...texts, ...secrets.map(({ text }) => text), ...marks];
}

/** A text as it is compared: whoever writes a name in other letters means the same. */
function folded(text: string): string {
  return text.toLowerCase();
}

/** A text in an answer, with what it says. */
export interface AnswerText {
  place: Place;
  /** As it stands there. */
  text: string;
  readings: readonly string[];
}

/**
 * All that an answer says, by its places, but for headers that say how it is to be read or sent on.
 *
 * @param known texts that are left out
 */
export function readAnswer(
  answer: CheckedAnswer,
  known: ReadonlySet<string> = new Set(),
): AnswerText[] {
  return [...textsIn(answer)]
    .filter(isTelling)
    .filter(([, text]) => !known.has(text))
    .map(([place, text]) => ({ place, text, readings: readingsOf(text).map(folded) }));
}

export interface FoundMark {
  place: Place;
  mark: string;
  /** The text that holds it, as it stands there. */
  text: string;
}

/** Where marks stand in an answer, each place once. */
export function findMarks(texts: readonly AnswerText[], marks: readonly string[]): FoundMark[] {
  const found = new Map<Place, FoundMark>();
  const wanted = marks.map((mark) => ({ mark, sought: folded(mark) }));
  for (const { place, text, readings } of texts) {
    if (found.has(place)) continue;
    const held = wanted.find(({ sought }) => readings.some((reading) => holds(reading, sought)));
    if (held) found.set(place, { place, mark: held.mark, text });
  }
  return [...found.values()];
}

/** Of these, the marks that stand nowhere in what is read in answers to an event that was served alone. */
export function foreignMarks(marks: readonly string[], alone: ReadonlySet<string>): string[] {
  const isKnown = (mark: string) => alone.values().some((reading) => reading.includes(mark));
  return marks.filter((mark) => !isKnown(folded(mark)));
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
