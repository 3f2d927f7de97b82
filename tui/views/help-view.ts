/** What the keys do and what the words mean. */

import { createElement as h } from "react";
import type { Binding } from "../terminal/keys.ts";
import { entryLines, HEADING, type Line } from "../terminal/styled-text.ts";
import { ScrolledPage, type View, type ViewProps } from "./view-frame.ts";

const KEYS: [string, string][] = [
  ["⏎", "fire the plan"],
  ["Esc", "stop the run: what is in flight is recorded as aborted"],
  ["e", "edit clients, concurrency, requests, hold, runs and pause"],
  ["t", "choose where to fire: the embedded Lambda, your stack, or a URL"],
  ["a", "fire at each model in turn, side by side: the stack's, or the embedded Lambda's"],
  ["k", "fire at a control first, which must show sharing, and then at the target"],
  ["c", "make all environments cold, or say how and how long it takes"],
  ["x", "cross-check an experiment at a stack with the log of its function"],
  ["s", "save a report of the experiment: a page to send to somebody"],
  ["h", "history: open or delete recorded experiments"],
  ["↑ ↓", "select an environment; PgUp, PgDn, Home and End go further"],
  ["→", "details of the selected environment"],
  ["Ctrl-Z", "put the screen aside; fg brings it back"],
  ["q", "leave; Ctrl-C does it everywhere"],
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
    { on: "q", words: "q quit", run: view.quit },
  ];
  const lines = [...section("Keys", KEYS), [], ...section("Words", WORDS), []];
  return h(ScrolledPage, { view, lines, bindings });

  function section(title: string, entries: readonly [string, string][]): Line[] {
    const { columns } = view.layout;
    return [
      [{ text: ` ${title}`, ...HEADING }],
      ...entries.flatMap(([word, meaning]) =>
        entryLines(word, meaning, columns, 17, { bold: true }),
      ),
    ];
  }
}
