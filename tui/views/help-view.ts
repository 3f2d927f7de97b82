/** What the keys do and what the words mean. */

import { createElement as h } from "react";
import type { Binding } from "../terminal/keys.ts";
import { entryLines, HEADING, type Line } from "../terminal/styled-text.ts";
import { bind, KEY_HELP } from "./key-bindings.ts";
import { ScrolledPage, type View, type ViewProps } from "./view-frame.ts";

/** Keys that lists and the terminal take, beside those that views bind. */
const OTHER_KEYS: [string, string][] = [
  ["↑ ↓", "select an environment; PgUp, PgDn, Home and End go further"],
  ["→", "details of the selected environment"],
  ["Ctrl-Z", "put the screen aside; fg brings it back"],
];

const WORDS: [string, string][] = [
  ["environment", "what hosts the process; the number and the short name are the screen's own"],
  ["cold", "first request of a freshly started process"],
  ["2nd, kept Ana", "second request of this process, whose globals still held Ana from before"],
  ["restarted", "the process died and a new one serves in the same environment"],
  ["in flight", "not answered yet, so nobody knows which environment serves it"],
  ["5 at once", "five requests were inside one process at the same time, by its own clock"],
  ["mixed", "the answer's globals are not what its own request left there"],
  ["globals apart", "one process, but each of its threads has globals of its own"],
  ["chance", "to share: a request that Lambda could have put into a busy process; a trial"],
  ["below 31 %", "the probability of sharing, with 95 % confidence, after so many chances"],
  ["Bound, Pooled", "that probability by one experiment, and by all of the same deployment"],
];

export function HelpView(view: ViewProps & { back: View }) {
  const back = () => view.go(view.back);
  const bindings: Binding[] = [
    { on: "escape", words: "Esc back", run: back },
    { on: "leftArrow", run: back },
    bind(view, "quit"),
  ];
  const lines = [
    ...section("Keys", [...KEY_HELP, ...OTHER_KEYS]),
    [],
    ...section("Words", WORDS),
    [],
  ];
  return h(ScrolledPage, { view, lines, bindings });

  function section(title: string, entries: readonly [string, string][]): Line[] {
    const { columns } = view.layout;
    return [
      [{ text: ` ${title}`, ...HEADING }],
      ...entries.flatMap(([word, meaning]) =>
        entryLines({ text: `   ${word}`, bold: true }, { text: meaning }, columns, 17),
      ),
    ];
  }
}
