/** Keys and what they do: what the foot shows and what works is one list. */

import type { Key } from "ink";

type NamedKey = {
  [Name in keyof Key]-?: Key[Name] extends boolean ? Name : never;
}[keyof Key];

export interface Binding {
  /** One character, or the name of a key; absent where a field of text takes the key by itself. */
  on?: NamedKey | (string & {});
  /** How the foot shows it, such as `⏎ fire`; keys without words work all the same. */
  words?: string;
  run?: () => void;
}

/** The binding that a key press is for, if there is one. */
export function bindingFor(
  bindings: readonly Binding[],
  input: string,
  key: Key,
): Binding | undefined {
  const isPlain = !key.ctrl && !key.meta;
  return bindings.find(({ on = "" }) =>
    [...on].length === 1 ? isPlain && input === on : key[on as NamedKey] === true,
  );
}

/** The words of the keys, as many as fit; the last two, help and leaving, are always there. */
export function keysLine(bindings: readonly Binding[], width: number): string {
  const words = bindings.flatMap((binding) => binding.words ?? []);
  const last = words.slice(-2);
  const first = words.slice(0, -2);
  const line = () => [...first, ...last].join("  ");
  while (first.length > 0 && line().length > width) first.pop();
  return line();
}
