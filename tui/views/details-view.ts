/** One environment in full. */

import { createElement as h, useEffect, useState } from "react";
import type { LogState, Session } from "../session.ts";
import type { Binding } from "../terminal/keys.ts";
import { detailLines } from "./detail-lines.ts";
import { Scrolled } from "./scrolled.ts";
import { commonBindings, type ViewProps } from "./view.ts";

/** How often the log is asked for, while it is looked at. */
const REFRESH_MS = 1_000;

export function DetailsView({ environment: id, ...view }: ViewProps & { environment: string }) {
  const { session, snapshot, size } = view;
  const log = useLog(session, id);
  const environment = snapshot.environments.find((candidate) => candidate.id === id);
  const back = () => view.go({ name: "run" });
  const lines = environment
    ? detailLines(snapshot, environment, log, size.columns)
    : [[{ text: " This environment has ended." }]];
  const bindings: Binding[] = [
    { on: "leftArrow", words: "← back", run: back },
    { on: "escape", run: back },
    ...commonBindings(view),
  ];
  return h(Scrolled, { view, lines, bindings });
}

/** Follows what an environment logs; renders only when there is something new. */
function useLog(session: Session, environment: string): LogState {
  const [log, setLog] = useState<LogState>({ words: "Reading …" });
  useEffect(() => {
    const read = async () => {
      const next = await session.log(environment);
      setLog((current) => (isSame(current, next) ? current : next));
    };
    void read();
    const timer = setInterval(read, REFRESH_MS);
    return () => clearInterval(timer);
  }, [session, environment]);
  return log;
}

/** A log only grows. */
function isSame(one: LogState, other: LogState): boolean {
  if ("words" in one || "words" in other) return JSON.stringify(one) === JSON.stringify(other);
  return one.lines.length === other.lines.length && one.lines.at(-1) === other.lines.at(-1);
}
