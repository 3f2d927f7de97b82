/** The run that is fired or was fired last; before the first, what would be fired. */

import { useIsScreenReaderEnabled } from "ink";
import { useState } from "react";
import { Frame } from "../screen/frame.tsx";
import { frameLayout } from "../screen/geometry.ts";
import type { Binding } from "../screen/keys.ts";
import { Lines } from "../screen/lines.tsx";
import { type RunPicture, runPicture } from "../screen/run-lines.ts";
import { isBusy, type Snapshot } from "../state.ts";
import { introductionLines } from "./introduction.ts";
import { sentencesOf } from "./sentences.ts";
import { commonBindings, type ViewProps } from "./view.ts";

export function RunView(props: ViewProps) {
  const { snapshot, size, go } = props;
  const isRead = useIsScreenReaderEnabled();
  const [scroll, setScroll] = useState<{ selected: number | undefined; offset: number }>({
    selected: undefined,
    offset: 0,
  });
  const layout = frameLayout(snapshot, size);
  const room = { columns: size.columns, height: layout.bodyRows };
  const { run } = snapshot;
  const picture = run && runPicture(snapshot, run, room, scroll);
  const lines = picture ? picture.lines : introductionLines(snapshot, size.columns);

  const select = (selected: number) => {
    const last = (picture?.environments.length ?? 0) - 1;
    if (!picture || last < 0) return;
    setScroll({ selected: Math.max(0, Math.min(last, selected)), offset: picture.offset });
  };
  const open = () => {
    const environment = picture?.selected ?? picture?.environments[0];
    if (environment) go({ name: "details", environment: environment.id });
  };
  const bindings = [
    ...activityBindings(props),
    ...(picture && picture.environments.length > 0
      ? selectionBindings(picture, scroll.selected, select, open)
      : []),
    ...(isBusy(snapshot) ? [] : idleBindings(props)),
    ...commonBindings(props),
  ];
  return (
    <Frame snapshot={snapshot} layout={layout} bindings={bindings} position={picture?.position}>
      <Lines lines={isRead && run ? sentencesOf(snapshot, run) : lines} />
    </Frame>
  );
}

function activityBindings({ session, snapshot }: ViewProps): Binding[] {
  if (snapshot.activity === "stopping") return [];
  if (isBusy(snapshot)) return [{ on: "escape", words: "Esc stop", run: () => session.stop() }];
  return [{ on: "return", words: fireWords(snapshot), run: () => session.fire() }];
}

function fireWords({ recorded }: Snapshot): string {
  return recorded ? "⏎ fire anew" : "⏎ fire";
}

function idleBindings({ session, go }: ViewProps): Binding[] {
  return [
    { on: "e", words: "e edit", run: () => go({ name: "edit" }) },
    { on: "t", words: "t target", run: () => go({ name: "targets" }) },
    { on: "c", words: "c cold start", run: () => session.recycle() },
    { on: "h", words: "h history", run: () => go({ name: "history" }) },
  ];
}

/** Without a selection the first key selects the first, or the last. */
function selectionBindings(
  { environments, page }: RunPicture,
  selected: number | undefined,
  select: (selected: number) => void,
  open: () => void,
): Binding[] {
  const by = (step: number) => () => select(selected === undefined ? 0 : selected + step);
  return [
    { on: "downArrow", words: "↑↓ environment", run: by(1) },
    { on: "upArrow", run: by(-1) },
    { on: "pageDown", run: by(page) },
    { on: "pageUp", run: by(-page) },
    { on: "home", run: () => select(0) },
    { on: "end", run: () => select(environments.length - 1) },
    { on: "rightArrow", words: "→ details", run: open },
  ];
}
