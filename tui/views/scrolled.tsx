/** A page of lines that may be longer than the screen, and the keys that scroll it. */

import { useState } from "react";
import { Frame } from "../screen/frame.tsx";
import { frameLayout } from "../screen/geometry.ts";
import type { Binding } from "../screen/keys.ts";
import { Lines } from "../screen/lines.tsx";
import { positionWords } from "../screen/scroll.ts";
import type { Line } from "../screen/text.ts";
import type { ViewProps } from "./view.ts";

interface Props {
  view: ViewProps;
  lines: readonly Line[];
  /** Keys beside those that scroll. */
  bindings: readonly Binding[];
}

export function Scrolled({ view: { snapshot, size }, lines, bindings }: Props) {
  const [offset, setOffset] = useState(0);
  const layout = frameLayout(snapshot, size);
  const page = layout.bodyRows;
  const last = Math.max(0, lines.length - page);
  const first = Math.min(offset, last);
  const to = (wanted: number) => () => setOffset(Math.max(0, Math.min(last, wanted)));
  const scrolling: Binding[] = [
    { on: "downArrow", words: "↑↓ scroll", run: to(first + 1) },
    { on: "upArrow", run: to(first - 1) },
    { on: "pageDown", run: to(first + page) },
    { on: "pageUp", run: to(first - page) },
    { on: "home", run: to(0) },
    { on: "end", run: to(last) },
  ];
  return (
    <Frame
      snapshot={snapshot}
      layout={layout}
      bindings={last > 0 ? [...scrolling, ...bindings] : bindings}
      position={positionWords(first + 1, first + page, lines.length)}
    >
      <Lines lines={lines.slice(first, first + page)} />
    </Frame>
  );
}
