/** Key presses, the bindings that they are for, and state that is changed by them. */

import { type Key, useInput } from "ink";
import { useEffect, useReducer, useRef } from "react";

type NamedKey = {
  [Name in keyof Key]-?: Key[Name] extends boolean ? Name : never;
}[keyof Key];

/** A key and what it does: what the foot shows and what works is one list. */
export interface Binding {
  /** One character, or the name of a key; absent where a field of text takes the key by itself. */
  on?: NamedKey | (string & {});
  /** How the foot shows it, such as `⏎ fire`; keys without words work all the same. */
  words?: string;
  run?: () => void;
}

/** Keys that wait for the view that one before them leads to; absent while none is led to. */
let ahead: [input: string, key: Key][] | undefined;

/** What the view that stands now does with a key. */
let pressNow: (input: string, key: Key) => boolean = () => true;

/** To be called by a key that leads to another view: what arrived behind it is meant for that view. */
export function awaitView(): void {
  ahead = [];
}

/** To be called when that view stands. */
export function handKeysOn(): void {
  const waiting = ahead ?? [];
  ahead = undefined;
  for (const [input, key] of waiting) pressNow(input, key);
}

/**
 * Does what the keys are bound to.
 *
 * @param onText takes keys before the bindings do, and says whether it has: a field of text
 */
export function useBindings(
  bindings: readonly Binding[],
  onText?: (input: string, key: Key) => boolean,
): void {
  const press = (input: string, key: Key): boolean => {
    if (ahead) {
      ahead.push([input, key]);
      return true;
    }
    if (onText?.(input, key)) return true;
    const isPlain = !key.ctrl && !key.meta;
    const binding = bindings.find(({ on = "" }) =>
      [...on].length === 1 ? isPlain && input === on : key[on as NamedKey] === true,
    );
    binding?.run?.();
    return binding === undefined || ahead !== undefined;
  };
  useKeys(press);
  useEffect(() => {
    pressNow = press;
  });
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

/**
 * The keys that move through a list or a page.
 *
 * @param moveBy moves so many steps, or to the first or the last where there are not so many
 */
export function movingBindings(
  words: string,
  { page, total }: { page: number; total: number },
  moveBy: (steps: number) => void,
): Binding[] {
  return [
    { on: "downArrow", words, run: () => moveBy(1) },
    { on: "upArrow", run: () => moveBy(-1) },
    { on: "pageDown", run: () => moveBy(page) },
    { on: "pageUp", run: () => moveBy(-page) },
    { on: "home", run: () => moveBy(-total) },
    { on: "end", run: () => moveBy(total) },
  ];
}

/**
 * Calls the handler for every key. Ink hands on characters that arrived together as one text, with
 * Enter or Backspace among them; they are taken one after the other.
 *
 * @param handler returns whether it can go on: after a key that changed what the view offers, what
 *   arrived with it as one text is dropped, so that no question is answered before it is seen
 */
export function useKeys(handler: (input: string, key: Key) => boolean): void {
  useInput((input, key) => {
    const characters = [...input];
    const isText = characters.length > 1 || input === "\n";
    if (!isText || key.ctrl || key.meta) handler(input, key);
    else characters.every((character) => handler(...keyOf(character, key)));
  });
}

/** What Ink makes of the character when it comes alone. */
function keyOf(character: string, key: Key): [input: string, key: Key] {
  switch (character) {
    case "\r":
    case "\n":
      return ["", { ...key, return: true }];
    case "\t":
      return ["", { ...key, tab: true }];
    case "\b":
    case "\u007f":
      return ["", { ...key, backspace: true }];
  }
  const code = character.charCodeAt(0);
  const isControl = code > 0 && code <= 26;
  return isControl ? [String.fromCharCode(code + 96), { ...key, ctrl: true }] : [character, key];
}

/** State that key handlers read as it is now, however many keys came since the last frame. */
export interface Cell<T> {
  readonly current: T;
  /** Changes it, and renders the component that holds it. */
  set: (next: T) => void;
}

/**
 * React's own state is that of the last frame until the next is rendered; of two keys that arrive
 * together, the second would undo what the first has done.
 */
export function useCell<T>(initial: () => T): Cell<T> {
  const [, render] = useReducer((count: number) => count + 1, 0);
  const cell = useRef<Cell<T>>(undefined);
  cell.current ??= newCell(initial(), render);
  return cell.current;
}

function newCell<T>(initial: T, render: () => void): Cell<T> {
  let value = initial;
  return {
    get current() {
      return value;
    },
    set(next) {
      value = next;
      render();
    },
  };
}
