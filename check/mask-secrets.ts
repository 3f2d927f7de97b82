/**
 * Values that nobody may read in what is printed: of authorization, cookies, and cookies that are set.
 * In place of each stands whose it is, since what was mixed up shows in that.
 */

import type { CheckEvent } from "./events-file.ts";
import type { Place } from "./reports/places.ts";
import type { CheckedAnswer } from "./reports/report.ts";

/** A shorter one may be part of anything. */
const LEAST_LENGTH = 4;

/** What is known of an event that settles what of it is secret. */
interface Owner {
  event: CheckEvent;
  marks: readonly string[];
  /** The answers to it alone. */
  alone: readonly CheckedAnswer[];
}

export class Secrets {
  /** By the secret, longest first, what stands in its place anywhere. */
  readonly #anywhere: readonly [secret: string, label: string][];
  /** By the value of a cookie that is set, what stands in its place, whatever it is elsewhere. */
  readonly #cookies: ReadonlyMap<string, string>;

  /**
   * What an event's request has elsewhere as well, such as in its body, is a secret in cookies only. What
   * is read in a secret is one if it is the event's own.
   *
   * @param answers all that may be printed
   */
  constructor(owners: readonly Owner[], answers: readonly CheckedAnswer[]) {
    const labels = new Map<string, string>();
    for (const { event, marks } of owners) {
      for (const { text, from, isRead } of event.secrets) {
        if (isRead && !marks.includes(text)) continue;
        const known = labels.get(text);
        labels.set(text, known ? `${known} and ${event.name}` : `${from} of ${event.name}`);
      }
    }
    const cookies = cookieLabels(owners, answers);
    for (const [value, label] of cookies) if (!labels.has(value)) labels.set(value, label);
    this.#cookies = new Map(labels);
    for (const [text, label] of [...labels]) labels.set(encodeURIComponent(text), label);
    const open = owners.flatMap(({ event }) => event.texts);
    this.#anywhere = [...labels]
      .filter(([secret]) => secret.length >= LEAST_LENGTH)
      .filter(([secret]) => !open.some((text) => text.includes(secret)))
      .sort(([one], [other]) => other.length - one.length);
  }

  /** A value of JSON without them. */
  masked<T>(value: T): T {
    if (typeof value === "string") {
      return this.#anywhere.reduce<string>(
        (text, [secret, label]) => text.replaceAll(secret, () => `[${label}]`),
        value,
      ) as T;
    }
    if (Array.isArray(value)) return value.map((one) => this.masked(one)) as T;
    if (typeof value !== "object" || value === null) return value;
    const entries = Object.entries(value).map(([name, one]) => [
      this.masked(name),
      this.masked(one),
    ]);
    return Object.fromEntries(entries) as T;
  }

  /** What stands at a place of an answer, without them. */
  maskedAt<T>(place: Place, value: T): T {
    return this.masked(place.startsWith(SET_COOKIE) ? this.#withoutValues(value) : value);
  }

  maskedAnswer(answer: CheckedAnswer): CheckedAnswer {
    const { "set-cookie": cookies, ...headers } = answer.headers;
    if (cookies === undefined) return this.masked(answer);
    const kept = { ...headers, "set-cookie": this.#withoutValues(cookies) };
    return this.masked({ ...answer, headers: kept });
  }

  /** Lines of set-cookie without the cookies' values. */
  #withoutValues<T>(lines: T): T {
    if (Array.isArray(lines)) return lines.map((line) => this.#withoutValues(line)) as T;
    if (typeof lines !== "string") return lines;
    const [, name = "", value = ""] = COOKIE.exec(lines) ?? [];
    const label = this.#cookies.get(value) ?? "masked";
    return lines.replace(COOKIE, () => `${name}=[${label}]`) as T;
  }
}

const SET_COOKIE = "/headers/set-cookie";
const COOKIE = /^([^=]*)=([^;]*)/;

/** Whose a cookie is that an event gets each time alone, and no other does; all others have numbers. */
function cookieLabels(
  owners: readonly Owner[],
  answers: readonly CheckedAnswer[],
): Map<string, string> {
  const labels = new Map<string, string>();
  const perOwner = owners.map(({ event, alone }) => {
    return { event, alone: alone.map((answer) => new Map(cookiesIn(answer))) };
  });
  for (const [value, name] of answers.flatMap(cookiesIn)) {
    const [only, ...others] = perOwner.filter(({ alone }) =>
      alone.some((cookies) => cookies.has(value)),
    );
    const isOwn = only?.alone.every((cookies) => cookies.has(value)) && others.length === 0;
    const whose = only && isOwn ? `of ${only.event.name}` : String(labels.size + 1);
    if (!labels.has(value)) labels.set(value, `set-cookie ${name} ${whose}`);
  }
  return labels;
}

function cookiesIn({ headers }: CheckedAnswer): [value: string, name: string][] {
  return [headers["set-cookie"] ?? []].flat().flatMap((line): [string, string][] => {
    const [, name, value] = COOKIE.exec(line) ?? [];
    return name === undefined || value === undefined ? [] : [[value, name.trim()]];
  });
}
