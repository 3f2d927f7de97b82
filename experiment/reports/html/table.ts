/** Tables, with heads that belong to their columns and rows. */

import { inWords } from "../numbers.ts";
import { html, type Markup, type Value } from "./html.ts";

export interface Column<T> {
  name: string;
  /** How its cells are set. */
  kind?: "number" | "code" | "keep";
  cell: (row: T) => Value;
}

/**
 * @param caption what the rows are
 * @param columns the first one's cells are the rows' heads
 * @param left how many rows are left out
 */
export function table<T>(
  caption: string,
  columns: readonly Column<T>[],
  rows: readonly T[],
  left = 0,
): Markup {
  const head = columns.map(
    ({ name, kind }) =>
      html`<th scope="col"${kind === "number" && html` class="number"`}>${name}</th>`,
  );
  const body = rows.map((row) => {
    const cells = columns.map(({ kind, cell }, column) => {
      const classes = kind && html` class="${kind}"`;
      return column === 0
        ? html`<th scope="row"${classes}>${cell(row)}</th>`
        : html`<td${classes}>${cell(row)}</td>`;
    });
    return html`<tr>${cells}</tr>\n`;
  });
  const more =
    left > 0 ? ` ${inWords(left)} more are left out here; the CSV and the record have them.` : "";
  return html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0"><table>
<caption>${caption}${more}</caption>
<thead><tr>${head}</tr></thead>
<tbody>
${body}</tbody>
</table></div>`;
}

/** Names and what they stand for, side by side; what is absent is left out. */
export function facts(entries: readonly (readonly [string, Value])[]): Markup {
  const shown = entries.filter(([, value]) => value !== undefined && value !== "");
  return html`<dl class="facts">${shown.map(
    ([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>\n`,
  )}</dl>`;
}
