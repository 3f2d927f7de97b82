/** The run that is fired or was fired last; before the first, what would be fired. */

import { useIsScreenReaderEnabled } from "ink";
import { createElement as h } from "react";
import { frameLayout } from "../screen/geometry.ts";
import type { Cell } from "../screen/use-cell.ts";
import { isBusy, type Snapshot } from "../state.ts";
import type { Binding } from "../terminal/keys.ts";
import { introductionLines } from "./introduction.ts";
import { type RunPicture, runPicture } from "./run-picture.ts";
import { sentencesOf } from "./run-sentences.ts";
import { commonBindings, type ViewProps } from "./view.ts";
import { Frame } from "./view-frame.ts";

/** Which environment is selected, and which line was the first when it was. */
export interface Scroll {
  /** Its id. */
  selected: string | undefined;
  offset: number;
}

export function RunView(props: ViewProps & { scroll: Cell<Scroll> }) {
  const { snapshot, size, go, scroll } = props;
  const isRead = useIsScreenReaderEnabled();
  const layout = frameLayout(snapshot, size);
  const room = { columns: size.columns, height: layout.bodyRows };
  const { run } = snapshot;
  const picture = run && runPicture(snapshot, run, room, scroll.current);
  const lines = picture ? picture.lines : introductionLines(snapshot, size.columns);

  const open = () => {
    const [first] = picture?.environments ?? [];
    const selected = picture?.environments.find(({ id }) => id === scroll.current.selected);
    const environment = selected ?? first;
    if (environment) go({ name: "details", environment: environment.id });
  };
  if (snapshot.question !== undefined) {
    const bindings = consentBindings(props);
    return h(Frame, { snapshot, layout, bindings, position: picture?.position, lines });
  }
  const bindings = [
    ...activityBindings(props),
    ...(picture && picture.environments.length > 0 ? selectionBindings(picture, scroll, open) : []),
    ...(isBusy(snapshot) ? [] : idleBindings(props)),
    ...commonBindings(props),
  ];
  const shown = isRead && run ? sentencesOf(snapshot, run) : lines;
  return h(Frame, { snapshot, layout, bindings, position: picture?.position, lines: shown });
}

function activityBindings({ session, snapshot }: ViewProps): Binding[] {
  if (snapshot.activity === "stopping") return [];
  if (isBusy(snapshot)) return [{ on: "escape", words: "Esc stop", run: () => session.stop() }];
  return [{ on: "return", words: fireWords(snapshot), run: () => session.fire() }];
}

function consentBindings({ session, quit }: ViewProps): Binding[] {
  return [
    { on: "y", words: "y fire it", run: () => session.agree() },
    { on: "n", words: "n leave it", run: () => session.refuse() },
    { on: "escape", run: () => session.refuse() },
    { on: "q", words: "q quit", run: quit },
  ];
}

function fireWords({ recorded }: Snapshot): string {
  return recorded ? "⏎ fire your plan" : "⏎ fire";
}

function idleBindings({ session, snapshot, go }: ViewProps): Binding[] {
  const save = { on: "s", words: "s save report", run: () => session.records.saveReport() };
  const crossCheck = { on: "x", words: "x cross-check", run: () => session.records.crossCheck() };
  return [
    ...(canCrossCheck(snapshot) ? [crossCheck] : []),
    ...(snapshot.record === undefined ? [] : [save]),
    { on: "e", words: "e edit", run: () => go({ name: "edit" }) },
    { on: "t", words: "t target", run: () => go({ name: "targets" }) },
    { on: "k", words: "k control", run: () => session.fire({ withControl: true }) },
    { on: "c", words: "c cold start", run: () => session.recycle() },
    { on: "h", words: "h history", run: () => go({ name: "history" }) },
  ];
}

/** Only a stack has a log that can be asked. */
function canCrossCheck({ record, recorded, target }: Snapshot): boolean {
  if (record === undefined) return false;
  if (recorded) return recorded.target.logGroupName !== undefined;
  return target.choice.kind === "stack";
}

/** Without a selection the first key selects the first. */
function selectionBindings(
  { environments, page, offset }: RunPicture,
  scroll: Cell<Scroll>,
  open: () => void,
): Binding[] {
  const last = environments.length - 1;
  const select = (wanted: number) => {
    const selected = environments[Math.max(0, Math.min(last, wanted))]?.id;
    scroll.set({ selected, offset });
  };
  const by = (step: number) => () => {
    const index = environments.findIndex(({ id }) => id === scroll.current.selected);
    select(index < 0 ? 0 : index + step);
  };
  return [
    { on: "downArrow", words: "↑↓→ details", run: by(1) },
    { on: "upArrow", run: by(-1) },
    { on: "pageDown", run: by(page) },
    { on: "pageUp", run: by(-page) },
    { on: "home", run: () => select(0) },
    { on: "end", run: () => select(last) },
    { on: "rightArrow", run: open },
  ];
}
