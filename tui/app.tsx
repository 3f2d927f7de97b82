/** The screen as a whole: one view at a time, and the keys that work in all of them. */

import { Text, useApp, useInput, useWindowSize } from "ink";
import { useInsertionEffect, useReducer, useState, useSyncExternalStore } from "react";
import { MIN_SIZE } from "./screen/geometry.ts";
import type { Session } from "./session.ts";
import { DetailsView } from "./views/details-view.tsx";
import { EditView } from "./views/edit-view.tsx";
import { HelpView } from "./views/help-view.tsx";
import { HistoryView } from "./views/history-view.tsx";
import { RunView } from "./views/run-view.tsx";
import { TargetsView } from "./views/targets-view.tsx";
import type { View } from "./views/view.ts";

interface Props {
  session: Session;
  /** Empties the terminal, so that the next frame is drawn whole, from the first row. */
  redraw: () => void;
}

export function App({ session, redraw }: Props) {
  const snapshot = useSyncExternalStore(session.store.subscribe, session.store.getSnapshot);
  const size = useWindowSize();
  const { exit, suspendTerminal } = useApp();
  const [view, setView] = useState<View>({ name: "run" });
  const [resumed, resume] = useReducer((count: number) => count + 1, 0);
  // Ink draws relative to where it left the cursor. A terminal that was resized, or lent to the
  // shell, has moved it; effects of this kind run right before the frame is written.
  // biome-ignore lint/correctness/useExhaustiveDependencies: what moves the cursor is what counts
  useInsertionEffect(redraw, [size.columns, size.rows, resumed]);
  useInput((input, key) => {
    if (key.ctrl && input === "c") exit();
    if (key.ctrl && input === "z") void suspendTerminal(stopProcessGroup).then(resume);
  });
  if (size.columns < MIN_SIZE.columns || size.rows < MIN_SIZE.rows) {
    return (
      <Text>{`Please enlarge the terminal to ${MIN_SIZE.columns}×${MIN_SIZE.rows} or more.`}</Text>
    );
  }
  const props = { session, snapshot, size, go: setView, quit: () => exit() };
  switch (view.name) {
    case "run":
      return <RunView {...props} />;
    case "edit":
      return <EditView {...props} />;
    case "targets":
      return <TargetsView {...props} />;
    case "details":
      return <DetailsView {...props} environment={view.environment} />;
    case "history":
      return <HistoryView {...props} />;
    case "help":
      return <HelpView {...props} />;
  }
}

/** What the terminal would do on Ctrl-Z, were it not in raw mode: the shell that waits gets its turn. */
function stopProcessGroup(): void {
  process.kill(0, "SIGTSTP");
}
