/** What every view stands in: head, body and foot, and the keys that work. */

import { Box, Text, useInput, useIsScreenReaderEnabled } from "ink";
import type { ReactNode } from "react";
import type { Snapshot } from "../state.ts";
import type { FrameLayout } from "./geometry.ts";
import { headLines } from "./head-lines.ts";
import { type Binding, bindingFor, keysLine } from "./keys.ts";
import { Lines } from "./lines.tsx";

interface Props {
  snapshot: Snapshot;
  layout: FrameLayout;
  bindings: readonly Binding[];
  /** Which part of the body is seen, such as `1–12 of 1,000`; nothing when all is. */
  position?: string | undefined;
  children: ReactNode;
}

export function Frame({ snapshot, layout, bindings, position = "", children }: Props) {
  useInput((input, key) => bindingFor(bindings, input, key)?.run?.());
  const { columns, rows } = layout.size;
  const width = columns - 2;
  const head = <Lines lines={headLines(snapshot, width)} />;
  const foot = <Lines lines={layout.foot} />;
  const keys = (
    <Text dimColor wrap="truncate">
      {keysLine(bindings, width)}
    </Text>
  );
  // Read aloud, rules and empty rows are noise.
  if (useIsScreenReaderEnabled()) {
    return (
      <Box flexDirection="column">
        {head}
        {children}
        {foot}
        {keys}
      </Box>
    );
  }
  return (
    <Box flexDirection="column" width={columns} height={rows - 1}>
      <Box flexDirection="column" paddingX={1} flexShrink={0}>
        {head}
      </Box>
      <Rule columns={columns} words="" />
      <Box flexDirection="column" height={layout.bodyRows} flexShrink={0} overflow="hidden">
        {children}
      </Box>
      <Rule columns={columns} words={position} />
      <Box flexDirection="column" paddingX={1} height={layout.footRows} flexShrink={0}>
        {foot}
      </Box>
      <Box paddingX={1} flexShrink={0}>
        {keys}
      </Box>
    </Box>
  );
}

function Rule({ columns, words }: { columns: number; words: string }) {
  const label = words && ` ${words} ──`;
  return <Text dimColor>{`${"─".repeat(columns - label.length)}${label}`}</Text>;
}
