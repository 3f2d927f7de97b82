/** Numbers in messages. */

/** Rounded and with separators: `5,004`. */
export function inWords(value: number): string {
  // By hand: the first number that Intl formats costs 17 ms, of which a screen has none to spare.
  return String(Math.round(value)).replaceAll(/\B(?=(?:\d{3})+$)/g, ",");
}

/** `1 request`, `5 requests`. */
export function plural(count: number, noun: string): string {
  return `${inWords(count)} ${noun}${count === 1 ? "" : "s"}`;
}
