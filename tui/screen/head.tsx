/** The head: where the plan is fired at, what that proves, and the plan on one line. */

import { Box, Text } from "ink";
import { formatDuration } from "../../experiment/core/duration.ts";
import type { Plan } from "../../experiment/core/plan.ts";
import { inWords, plural } from "../../experiment/reports/numbers.ts";
import { printable } from "../../experiment/reports/printable.ts";
import type { Snapshot } from "../store.ts";

export function Head({ plan, target }: Pick<Snapshot, "plan" | "target">) {
  return (
    <Box flexDirection="column" paddingX={1} flexShrink={0}>
      <Box justifyContent="space-between">
        <Text bold>Lambda Concurrency Test</Text>
        <Text wrap="truncate">{target.title}</Text>
      </Box>
      <Text dimColor wrap="truncate">
        {target.proves}
      </Text>
      <Text wrap="truncate">{planText(plan)}</Text>
    </Box>
  );
}

function planText({ clients, stages, holdMs }: Plan): string {
  const [stage] = stages;
  return [
    clients.map(printable).join(", "),
    `${inWords(stage?.concurrency ?? 0)} at once`,
    plural(stage?.requests ?? 0, "request"),
    `hold ${formatDuration(holdMs)}`,
    plural(stages.length, "run"),
  ].join(" · ");
}
