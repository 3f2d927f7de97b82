/** The foot: the verdict in words, what it rests on, and the keys that work now. */

import { Box, Text } from "ink";
import { verdictWords } from "../../experiment/reports/verdict-words.ts";
import type { Snapshot } from "../store.ts";

const COLOURS = { isolated: "green", shared: "red", inconclusive: "yellow" } as const;

export function Foot({ snapshot }: { snapshot: Snapshot }) {
  return (
    <Box flexDirection="column" paddingX={1} flexShrink={0}>
      <Result {...snapshot} />
      {snapshot.notice && <Text>{snapshot.notice}</Text>}
      <Text dimColor wrap="truncate">
        {keysOf(snapshot)}
      </Text>
    </Box>
  );
}

function Result({ verdict, failure, labels }: Snapshot) {
  if (failure) {
    return (
      <Text>
        <Text bold color="red">
          FAILED
        </Text>
        {`  ${failure.message} ${failure.nextStep}`}
      </Text>
    );
  }
  if (!verdict) return null;
  const { title, finding, evidence } = verdictWords(verdict, labels);
  return (
    <Box flexDirection="column">
      <Text>
        <Text bold color={COLOURS[verdict.verdict]}>
          {title}
        </Text>
        {`  ${finding}`}
      </Text>
      <Text>{evidence}</Text>
    </Box>
  );
}

function keysOf({ activity, target }: Snapshot): string {
  if (activity === "stopping") return "stopping …  q quit";
  const busy = activity === "arming" || activity === "firing" || activity === "pausing";
  if (busy) return "Esc stop  q quit";
  return target.recycles ? "⏎ fire  c cold start  q quit" : "⏎ fire  q quit";
}
