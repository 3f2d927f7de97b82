/** Cells and rows of CSV, by RFC 4180, fit to be opened in a spreadsheet. */

/**
 * What a spreadsheet may take for a formula, and for a command to another program: at the beginning
 * of a cell, and behind what separates cells elsewhere, where quotes in the middle of a line are none.
 */
const FORMULA = /(?<=^|[;|\t\r\n])(?=[\s"]*[=+\-@\uff0b\uff0d\uff1d\uff20])|^(?=[\t\r])/g;
const NEEDS_QUOTES = /[",;|\t\r\n]|^ | $/;

/** Without it in front of everything, Excel reads `Ä` as `Ã„`. Readers that expect it leave it out. */
export const BYTE_ORDER_MARK = "\ufeff";

/** What a cell holds; `undefined` is an empty one. */
export type Cell = string | number | boolean | undefined;

/**
 * One line, with its line break. Text is never a formula: where it could be one, an apostrophe stands
 * before it. Numbers stay numbers.
 */
export function csvRow(cells: readonly Cell[]): string {
  return `${cells.map(csvCell).join(",")}\r\n`;
}

function csvCell(cell: Cell): string {
  if (typeof cell !== "string") return cell === undefined ? "" : String(cell);
  const harmless = cell.replaceAll(FORMULA, "'");
  return NEEDS_QUOTES.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
