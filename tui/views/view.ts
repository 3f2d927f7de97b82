/** What a view gets, and which views there are. */

import type { Size } from "../screen/geometry.ts";
import type { Session } from "../session.ts";
import type { Snapshot } from "../state.ts";
import type { Binding } from "../terminal/keys.ts";

/** What the body shows; one component each. */
export type View =
  | { name: "run" }
  | { name: "edit" }
  | { name: "targets" }
  | { name: "details"; environment: string }
  | { name: "history" }
  | { name: "help" };

export interface ViewProps {
  session: Session;
  snapshot: Snapshot;
  size: Size;
  /** Shows another view. */
  go: (view: View) => void;
  quit: () => void;
}

/** The keys of every view that takes no text. */
export function commonBindings({ go, quit }: Pick<ViewProps, "go" | "quit">): Binding[] {
  return [
    { on: "?", words: "? help", run: () => go({ name: "help" }) },
    { on: "q", words: "q quit", run: quit },
  ];
}
