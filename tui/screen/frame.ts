/** What every view stands in: head, body and foot, and the keys that work. */

import { Box, Text, useIsScreenReaderEnabled } from "ink";
import { createElement as h, type ReactNode } from "react";
import type { Snapshot } from "../state.ts";
import type { FrameLayout } from "./geometry.ts";
import { headLines } from "./head-lines.ts";
import { type Binding, bindingFor, keysLine } from "./keys.ts";
import { Lines } from "./lines.ts";
import { useKeys } from "./use-keys.ts";

const COLUMN = { flexDirection: "column" } as const;
const FIXED = { flexShrink: 0 } as const;
const INDENTED = { ...FIXED, paddingX: 1 } as const;

interface Props {
  snapshot: Snapshot;
  layout: FrameLayout;
  bindings: readonly Binding[];
  /** Which part of the body is seen, such as `1–12 of 1,000`; nothing when all is. */
  position?: string | undefined;
  children?: ReactNode;
}

export function Frame({ snapshot, layout, bindings, position = "", children }: Props) {
  useKeys((input, key) => bindingFor(bindings, input, key)?.run?.());
  const { columns, rows } = layout.size;
  const width = columns - 2;
  const head = h(Lines, { lines: headLines(snapshot, width) });
  const foot = h(Lines, { lines: layout.foot });
  const keys = h(Text, { dimColor: true, wrap: "truncate" }, keysLine(bindings, width));
  // Read aloud, rules and empty rows are noise.
  if (useIsScreenReaderEnabled()) return h(Box, COLUMN, head, children, foot, keys);
  const { bodyRows, footRows } = layout;
  return h(
    Box,
    { ...COLUMN, width: columns, height: rows - 1 },
    h(Box, { ...COLUMN, ...INDENTED }, head),
    h(Rule, { columns, words: "" }),
    h(Box, { ...COLUMN, ...FIXED, height: bodyRows, overflow: "hidden" }, children),
    h(Rule, { columns, words: position }),
    h(Box, { ...COLUMN, ...INDENTED, height: footRows }, foot),
    h(Box, INDENTED, keys),
  );
}

function Rule({ columns, words }: { columns: number; words: string }) {
  const label = words && ` ${words} ──`;
  return h(Text, { dimColor: true }, `${"─".repeat(columns - label.length)}${label}`);
}
