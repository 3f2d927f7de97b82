/** The screen as a whole. It renders the store and turns keys into the session's actions. */

import { Box, Text, useApp, useInput, useWindowSize } from "ink";
import { useEffect, useState, useSyncExternalStore } from "react";
import type { Session } from "../session.ts";
import { Body } from "./body.tsx";
import { Foot } from "./foot.tsx";
import { Head } from "./head.tsx";

const MIN_COLUMNS = 60;
const MIN_ROWS = 15;
/** Rows of head, rules and foot. */
const FRAME_ROWS = 10;
/** How often the bars of requests in flight grow. */
const TICK_MS = 100;

export function App({ session }: { session: Session }) {
  const snapshot = useSyncExternalStore(session.store.subscribe, session.store.getSnapshot);
  const { columns, rows } = useWindowSize();
  const { exit } = useApp();
  useTick(snapshot.activity === "firing");

  useInput((input, key) => {
    if (input === "q" || (key.ctrl && input === "c")) exit();
    else if (key.return) session.fire();
    else if (key.escape) session.stop();
    else if (input === "c") void session.recycle();
  });

  if (columns < MIN_COLUMNS || rows < MIN_ROWS) {
    return <Text>{`Please enlarge the terminal to ${MIN_COLUMNS}×${MIN_ROWS} or more.`}</Text>;
  }
  const rule = <Text dimColor>{"─".repeat(columns)}</Text>;
  return (
    <Box flexDirection="column" height={rows - 1} width={columns}>
      <Head plan={snapshot.plan} target={snapshot.target} />
      {rule}
      <Box flexGrow={1} flexDirection="column" overflow="hidden">
        <Body snapshot={snapshot} columns={columns} height={rows - FRAME_ROWS} />
      </Box>
      {rule}
      <Foot snapshot={snapshot} />
    </Box>
  );
}

/** Renders again and again while something is under way, and never otherwise. */
function useTick(active: boolean): void {
  const [, setTicks] = useState(0);
  useEffect(() => {
    if (!active) return;
    const timer = setInterval(() => setTicks((ticks) => ticks + 1), TICK_MS);
    return () => clearInterval(timer);
  }, [active]);
}
