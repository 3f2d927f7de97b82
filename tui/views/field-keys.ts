/** Which key does what in a field of text: the arrows, and what shells have taught. */

import type { Key } from "ink";
import {
  deleteLeft,
  deleteRight,
  deleteToEnd,
  deleteToStart,
  deleteWordLeft,
  deleteWordRight,
  type Edit,
  end,
  home,
  insert,
  left,
  right,
  wordLeft,
  wordRight,
} from "../terminal/text-field.ts";

const WITH_CTRL: Record<string, Edit> = {
  a: home,
  e: end,
  b: left,
  f: right,
  d: deleteRight,
  h: deleteLeft,
  k: deleteToEnd,
  u: deleteToStart,
  w: deleteWordLeft,
};
const WITH_ALT: Record<string, Edit> = { b: wordLeft, f: wordRight, d: deleteWordRight };

/** What a key press does to the field that has the focus; `undefined` when it is no business of it. */
export function editFor(input: string, key: Key): Edit | undefined {
  const byWord = key.ctrl || key.meta;
  if (key.leftArrow) return byWord ? wordLeft : left;
  if (key.rightArrow) return byWord ? wordRight : right;
  if (key.home) return home;
  if (key.end) return end;
  if (key.backspace) return byWord ? deleteWordLeft : deleteLeft;
  if (key.delete) return byWord ? deleteWordRight : deleteRight;
  if (key.ctrl) return WITH_CTRL[input];
  if (key.meta) return WITH_ALT[input];
  const isText = input !== "" && !key.return && !key.tab && !key.escape;
  return isText ? insert(input) : undefined;
}
