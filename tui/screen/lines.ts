/** Shows lines of styled text. */

import { Text } from "ink";
import { createElement as h, type ReactNode } from "react";
import type { Line, Span } from "../terminal/styled-text.ts";

export function Lines({ lines }: { lines: readonly Line[] }): ReactNode {
  return lines.map((line, row) =>
    h(Text, { key: row, wrap: "truncate" }, line.length === 0 ? " " : line.map(toText)),
  );
}

function toText({ text, colour = "", bold = false, dim = false }: Span, index: number): ReactNode {
  return h(Text, { key: index, color: colour, bold, dimColor: dim }, text);
}
