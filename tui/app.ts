/** The screen as a whole: one view at a time, and the keys that work in all of them. */

import { Text, useApp, useIsScreenReaderEnabled, useWindowSize } from "ink";
import {
  createElement as h,
  useEffect,
  useInsertionEffect,
  useState,
  useSyncExternalStore,
} from "react";
import type { Session } from "./session.ts";
import type { Snapshot } from "./store.ts";
import { stop, useJobControl } from "./terminal/job-control.ts";
import { awaitView, handKeysOn, useBindings, useCell, useKeys } from "./terminal/keys.ts";
import { usePasteEnd } from "./terminal/paste-end.ts";
import { DetailsView } from "./views/details-view.ts";
import { EditView } from "./views/edit-view.ts";
import { HelpView } from "./views/help-view.ts";
import { HistoryView } from "./views/history-view.ts";
import { ModelsView } from "./views/models-view.ts";
import type { Scroll } from "./views/run-picture.ts";
import { RunView } from "./views/run-view.ts";
import { TargetsView } from "./views/targets-view.ts";
import { frameLayout, MIN_SIZE, type Size, type View } from "./views/view-frame.ts";

const TITLE = "Lambda Concurrency Test";

interface Props {
  session: Session;
  /** Empties the terminal, so that the next frame is drawn whole, from the first row. */
  redraw: () => void;
}

export function App({ session, redraw }: Props) {
  const snapshot = useSyncExternalStore(session.store.subscribe, session.store.getSnapshot);
  const window = useWindowSize();
  const isRead = useIsScreenReaderEnabled();
  // Read aloud nothing is laid out, so that any window is large enough.
  const size = isRead ? atLeast(MIN_SIZE, window) : window;
  const { exit } = useApp();
  const [view, setView] = useState<View>({ name: "run" });
  const resumed = useJobControl();
  // Ink draws relative to where it left the cursor. A terminal that was resized, or lent to the
  // shell, has moved it; effects of this kind run right before the frame is written.
  // biome-ignore lint/correctness/useExhaustiveDependencies: what moves the cursor is what counts
  useInsertionEffect(redraw, [size.columns, size.rows, resumed]);
  // Outlives the view: whoever comes back from the details finds the environment again.
  const scroll = useCell<Scroll>(() => ({ selected: undefined, offset: 0 }));
  useWindowTitle(snapshot);
  useKeys((input, key) => {
    if (key.ctrl && input === "c") exit();
    if (key.ctrl && input === "z") stop();
    return true;
  });
  usePasteEnd();
  // It runs behind the effects of the view itself, which takes keys by then.
  // biome-ignore lint/correctness/useExhaustiveDependencies: that another view stands is what counts
  useEffect(handKeysOn, [view]);
  const quit = () => exit();
  if (size.columns < MIN_SIZE.columns || size.rows < MIN_SIZE.rows) return h(TooSmall, { quit });
  const layout = frameLayout(snapshot, size);
  const go = (next: View) => {
    awaitView();
    setView(next);
  };
  const help = () => go({ name: "help", back: view });
  const props = { session, snapshot, layout, go, help, quit };
  switch (view.name) {
    case "run":
      if (snapshot.models.length > 0) return h(ModelsView, props);
      return h(RunView, { ...props, scroll });
    case "edit":
      return h(EditView, props);
    case "targets":
      return h(TargetsView, props);
    case "details":
      return h(DetailsView, { ...props, environment: view.environment });
    case "history":
      return h(HistoryView, props);
    case "help":
      return h(HelpView, { ...props, back: view.back });
  }
}

/** Says in the window's title what is under way, for those who look elsewhere meanwhile. */
function useWindowTitle({ run, activity }: Snapshot): void {
  const title = run && activity === "firing" ? `${TITLE}: ${run.name}` : TITLE;
  useEffect(() => void process.stdout.write(`\u001b]2;${title}\u0007`), [title]);
}

function atLeast(least: Size, { columns, rows }: Size): Size {
  return { columns: Math.max(least.columns, columns), rows: Math.max(least.rows, rows) };
}

function TooSmall({ quit }: { quit: () => void }) {
  useBindings([{ on: "q", run: quit }]);
  const { columns, rows } = MIN_SIZE;
  const words = `Please enlarge the terminal to ${columns}×${rows} or more, or press q to quit.`;
  return h(Text, null, words);
}
