/** Key presses, one by one. */

import { type Key, useInput } from "ink";

/**
 * Calls the handler for every key. Ink hands on characters that arrived together as one text, with
 * Enter or Backspace among them; who types ahead means them one after the other.
 */
export function useKeys(handler: (input: string, key: Key) => void): void {
  useInput((input, key) => {
    const characters = [...input];
    const isText = characters.length > 1 || input === "\n";
    if (!isText || key.ctrl || key.meta) handler(input, key);
    else for (const character of characters) handler(...keyOf(character, key));
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
