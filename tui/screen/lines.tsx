/** Shows lines of styled text. */

import { Text } from "ink";
import type { Line, Span } from "./text.ts";

export function Lines({ lines }: { lines: readonly Line[] }) {
  return lines.map((line, row) => (
    <Text
      // biome-ignore lint/suspicious/noArrayIndexKey: a line is the row that it stands in
      key={row}
      wrap="truncate"
    >
      {line.length === 0 ? " " : line.map(toText)}
    </Text>
  ));
}

function toText({ text, colour = "", bold = false, dim = false }: Span, index: number) {
  return (
    <Text key={index} color={colour} bold={bold} dimColor={dim}>
      {text}
    </Text>
  );
}
