/**
 * Terminals disagree about how many columns a character takes: 👍🏽 takes four in tmux 3.3, and two or
 * one elsewhere; ❤️, keycaps and new emoji alike; and ● or é take two where a user of Chinese, Japanese
 * or Korean has it so. What stands behind such a character is therefore put into its column by number.
 */

import { textWidth } from "../../basics/text-width.ts";

const ESCAPE = "\u001b";
/** What follows an escape: https://invisible-island.net/xterm/ctlseqs/ctlseqs.html */
const SEQUENCE = /^(?:\[(?<number>[\d;:?<=>]*)(?<letter>[@-~])|.)/s;
/** They move the cursor to the beginning of a line. */
const TO_START = ["E", "F", "H"];
/**
 * What lines are made of: characters that all agree about; the screen's own bars and rules, which are as
 * wide as they are long; and others, which are looked at one by one, with the character before a mark.
 */
const PIECES = /(?<sure>[ -~]+)(?!\p{M})|(?<row>[─-▟●·…]+)(?!\p{M})|\n|[ -~]?[^ -~\n]+/gu;
/** What is too wide for the end of a line must not go on in the next one. */
const NO_WRAP = `${ESCAPE}[?7l`;
const WRAP = `${ESCAPE}[?7h`;

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** A terminal's output on which each column is where it was meant to be. */
export function withPinnedColumns(output: NodeJS.WriteStream): NodeJS.WriteStream {
  const write = (chunk: string | Uint8Array, ...rest: []) =>
    output.write(typeof chunk === "string" ? pinColumns(chunk) : chunk, ...rest);
  return new Proxy(output, {
    get: (target, key) => (key === "write" ? write : Reflect.get(target, key)),
  });
}

/**
 * Puts into its column what stands behind characters that terminals disagree about.
 *
 * @param text what Ink writes: lines, which begin in the first column, with colours and moves of the
 * cursor
 */
export function pinColumns(text: string): string {
  let pinned = "";
  let [column, isSure, isDisputed] = [0, true, false];
  const show = (piece: string, width: number, isAgreed: boolean) => {
    pinned += isSure ? piece : `${ESCAPE}[${column + 1}G${piece}`;
    column += width;
    isSure = isAgreed;
    isDisputed ||= !isAgreed;
  };
  const showEach = (piece: string) => {
    for (const { segment } of graphemes.segment(piece)) show(segment, textWidth(segment), false);
  };
  for (const [index, part] of text.split(ESCAPE).entries()) {
    const [sequence = "", number, letter = ""] = (index > 0 && SEQUENCE.exec(part)) || [];
    if (index > 0) pinned += ESCAPE + sequence;
    if (TO_START.includes(letter)) [column, isSure] = [0, true];
    if (letter === "G") [column, isSure] = [Math.max(1, Number(number)) - 1, true];
    for (const { 0: piece, groups } of part.slice(sequence.length).matchAll(PIECES)) {
      if (piece === "\n") [pinned, column, isSure] = [`${pinned}\n`, 0, true];
      else if (groups?.sure !== undefined) show(piece, piece.length, true);
      else if (groups?.row !== undefined) show(piece, piece.length, false);
      else showEach(piece);
    }
  }
  return isDisputed ? `${NO_WRAP}${pinned}${WRAP}` : pinned;
}
