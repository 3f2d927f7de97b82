/** A page of lines that may be longer than the screen, and the keys that scroll it. */

import { useIsScreenReaderEnabled } from "ink";
import { createElement as h } from "react";
import { frameLayout } from "../screen/geometry.ts";
import { positionWords } from "../screen/scroll.ts";
import { useCell } from "../screen/use-cell.ts";
import type { Binding } from "../terminal/keys.ts";
import type { Line } from "../terminal/styled-text.ts";
import type { ViewProps } from "./view.ts";
import { Frame } from "./view-frame.ts";

interface Props {
  view: ViewProps;
  lines: readonly Line[];
  /** Keys beside those that scroll. */
  bindings: readonly Binding[];
}

export function Scrolled({ view: { snapshot, size }, lines, bindings }: Props) {
  const offset = useCell(() => 0);
  const isRead = useIsScreenReaderEnabled();
  const layout = frameLayout(snapshot, size);
  const page = layout.bodyRows;
  const last = Math.max(0, lines.length - page);
  const first = Math.min(offset.current, last);
  const to = (wanted: number) => offset.set(Math.max(0, Math.min(last, wanted)));
  const by = (step: number) => () => to(Math.min(offset.current, last) + step);
  const scrolling: Binding[] = [
    { on: "downArrow", words: "↑↓ scroll", run: by(1) },
    { on: "upArrow", run: by(-1) },
    { on: "pageDown", run: by(page) },
    { on: "pageUp", run: by(-page) },
    { on: "home", run: () => to(0) },
    { on: "end", run: () => to(last) },
  ];
  const props = {
    snapshot,
    layout,
    bindings: last > 0 ? [...scrolling, ...bindings] : bindings,
    position: positionWords(first + 1, first + page, lines.length),
  };
  return h(Frame, { ...props, lines: isRead ? lines : lines.slice(first, first + page) });
}
