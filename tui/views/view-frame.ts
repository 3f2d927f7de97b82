/** What every view stands in: head, body and foot, and the keys that work. */

import { Box, type Key, Text, useIsScreenReaderEnabled } from "ink";
import { createElement as h } from "react";
import type { FrameLayout } from "../screen/geometry.ts";
import { headLines } from "../screen/head-lines.ts";
import { Lines } from "../screen/lines.ts";
import { useKeys } from "../screen/use-keys.ts";
import type { Snapshot } from "../state.ts";
import { type Binding, bindingFor, keysLine } from "../terminal/keys.ts";
import type { Line } from "../terminal/styled-text.ts";

const COLUMN = { flexDirection: "column" } as const;
const FIXED = { flexShrink: 0 } as const;
const INDENTED = { ...FIXED, paddingX: 1 } as const;

interface Props {
  snapshot: Snapshot;
  layout: FrameLayout;
  bindings: readonly Binding[];
  /** Which part of the body is seen, such as `1–12 of 1,000`; nothing when all is. */
  position?: string | undefined;
  /** The body; what does not fit is not seen. */
  lines: readonly Line[];
  /** Takes keys before the bindings do, and says whether it has: a field of text. */
  onText?: (input: string, key: Key) => boolean;
}

export function Frame({ snapshot, layout, bindings, position = "", lines, onText }: Props) {
  useKeys((input, key) => {
    if (onText?.(input, key)) return true;
    const binding = bindingFor(bindings, input, key);
    binding?.run?.();
    return binding === undefined;
  });
  const { columns, rows } = layout.size;
  const width = columns - 2;
  const head = h(Lines, { lines: headLines(snapshot, width) });
  const foot = h(Lines, { lines: layout.foot });
  const keys = h(Text, { dimColor: true, wrap: "truncate" }, keysLine(bindings, width));
  // Read aloud, rules and empty rows are noise.
  if (useIsScreenReaderEnabled()) return h(Box, COLUMN, head, h(Lines, { lines }), foot, keys);
  const { bodyRows, footRows } = layout;
  const body = h(Lines, { lines: lines.slice(0, bodyRows) });
  return h(
    Box,
    { ...COLUMN, width: columns, height: rows - 1 },
    h(Box, { ...COLUMN, ...INDENTED }, head),
    h(Rule, { columns, words: "" }),
    h(Box, { ...COLUMN, ...FIXED, height: bodyRows, overflow: "hidden" }, body),
    h(Rule, { columns, words: position }),
    h(Box, { ...COLUMN, ...INDENTED, height: footRows }, foot),
    h(Box, INDENTED, keys),
  );
}

function Rule({ columns, words }: { columns: number; words: string }) {
  const label = words && ` ${words} ──`;
  return h(Text, { dimColor: true }, `${"─".repeat(columns - label.length)}${label}`);
}
