/** Key presses, one by one. */

import { type Key, useInput } from "ink";

/**
 * Calls the handler for every key. Ink hands on characters that arrived together as one text, with
 * Enter or Backspace among them; they are taken one after the other.
 *
 * @param handler returns whether it can go on: after a key that may have led to another view, what
 *   arrived with it is dropped, since it was not meant for this one
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
