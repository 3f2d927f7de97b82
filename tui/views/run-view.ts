/** The run that is fired or was fired last; before the first, what would be fired. */

import { useIsScreenReaderEnabled } from "ink";
import { createElement as h } from "react";
import { inWords } from "../../basics/counts.ts";
import { formatDuration } from "../../experiment/core/plan/duration.ts";
import { burstOf, type Plan } from "../../experiment/core/plan/plan.ts";
import { range } from "../../experiment/reports/numbers.ts";
import { costWords } from "../../experiment/reports/words.ts";
import { isBusy, type Snapshot } from "../store.ts";
import { type Binding, type Cell, movingBindings } from "../terminal/keys.ts";
import { type Line, paragraph, type Style } from "../terminal/styled-text.ts";
import { bind, commonBindings, consentBindings, explain, stopBindings } from "./key-bindings.ts";
import { type RunPicture, runPicture, type Scroll } from "./run-picture.ts";
import { runSentences } from "./run-sentences.ts";
import { Frame, type ViewProps } from "./view-frame.ts";

interface Props extends ViewProps {
  scroll: Cell<Scroll>;
}

export function RunView(view: Props) {
  const { snapshot, layout, scroll } = view;
  const isRead = useIsScreenReaderEnabled();
  const { run } = snapshot;
  const room = { columns: layout.columns, height: layout.bodyRows };
  const picture = run && runPicture(snapshot, run, room, scroll.current);
  const seen = picture ? picture.lines : introductionLines(snapshot, room);
  const lines = isRead && run ? runSentences(snapshot, run) : seen;
  const bindings =
    snapshot.question === undefined ? usualBindings(view, picture) : consentBindings(view);
  return h(Frame, { view, bindings, position: picture?.position, lines });
}

function usualBindings(view: Props, picture: RunPicture | undefined): Binding[] {
  const { snapshot } = view;
  const selecting =
    picture && picture.environments.length > 0 ? selectionBindings(view, picture) : [];
  if (isBusy(snapshot)) return [...stopBindings(view), ...selecting, ...commonBindings(view)];
  return [
    bind(view, "fire", snapshot.recorded && "⏎ fire your plan"),
    ...(snapshot.recorded ? [bind(view, "leave")] : []),
    ...selecting,
    canCrossCheck(snapshot) ? bind(view, "crossCheck") : explain(view, "x", NOT_AT_STACK),
    snapshot.record === undefined ? explain(view, "s", NOT_FIRED) : bind(view, "save"),
    bind(view, "edit"),
    bind(view, "target"),
    bind(view, "models"),
    bind(view, "recycle"),
    bind(view, "history"),
    bind(view, "control"),
    ...commonBindings(view),
  ];
}

const NOT_AT_STACK =
  "Only what was fired at a stack can be cross-checked, with its function's log.";
const NOT_FIRED = "There is no experiment to save a report of: fire one, or open one with h.";

/** Only a stack has a log that can be asked. */
function canCrossCheck({ record, recorded, target }: Snapshot): boolean {
  if (record === undefined) return false;
  if (recorded) return recorded.target.logGroupName !== undefined;
  return target.choice.kind === "stack";
}

function selectionBindings({ scroll, go }: Props, picture: RunPicture): Binding[] {
  const { environments, page, offset } = picture;
  const total = environments.length;
  const index = () => environments.findIndex(({ id }) => id === scroll.current.selected);
  const moveBy = (steps: number) => {
    // Without a selection the first key selects the first.
    const wanted = index() < 0 && steps < total ? 0 : index() + steps;
    const selected = environments[Math.max(0, Math.min(total - 1, wanted))]?.id;
    scroll.set({ selected, offset });
  };
  const open = () => {
    const environment = environments[Math.max(0, index())];
    if (environment) go({ name: "details", environment: environment.id });
  };
  return [
    ...movingBindings("↑↓→ details", { page, total }, moveBy),
    { on: "rightArrow", run: open },
  ];
}

const INDENT = 3;
/** Longer lines are hard to read. */
const MOST_COLUMNS = 76;

/**
 * What stands where the run will be: the question, what the plan does about it, and what it costs;
 * where there is little room, without what to look for.
 */
function introductionLines(
  { plan, activity, hasFired, cost }: Snapshot,
  { columns, height }: { columns: number; height: number },
): Line[] {
  const width = Math.min(columns - 2 * INDENT, MOST_COLUMNS);
  const whatToLookFor =
    "Whoever shares a process with another request finds the other's traces in its own globals. " +
    "Each answer appears below its execution environment as it returns.";
  const paragraphs: [text: string, style: Style][] = [
    ["Can one Node.js process of a Lambda function serve two requests at once?", { bold: true }],
    [whatHappens(plan), {}],
    [whatToLookFor, {}],
    [[statusOf(activity, hasFired), ...(cost ? [costWords(cost)] : [])].join(" "), { dim: true }],
  ];
  const laidOut = (shown: typeof paragraphs): Line[] =>
    shown.flatMap(([text, style]) => [[], ...paragraph(text, width, INDENT, style)]);
  const whole = laidOut(paragraphs);
  return whole.length <= height
    ? whole
    : laidOut(paragraphs.filter(([text]) => text !== whatToLookFor));
}

function statusOf(activity: Snapshot["activity"], hasFired: boolean): string {
  if (activity !== "idle") return STATUS[activity] ?? "";
  return hasFired ? "Press ⏎ to fire." : "Nothing fired yet. Press ⏎ to fire.";
}

const STATUS: Partial<Record<Snapshot["activity"], string>> = {
  opening: "Waiting for the target …",
  waiting: "Waiting for the function to answer …",
  arming: "Opening connections …",
  recycling: "Ending all environments …",
  reading: "Reading the record …",
  checking: "Reading the log …",
  stopping: "Stopping …",
};

function whatHappens({ stages, holdMs, steps }: Plan): string {
  const bursts = stages.map(burstOf);
  const later = stages.map((stage) => stage.requests - burstOf(stage));
  const isOne = bursts.every((burst) => burst === 1);
  return [
    new Set(bursts).size > 1 ? "Run by run " : "",
    `${range(bursts, inWords)} request${isOne ? " leaves" : "s leave"} at the same instant`,
    later.some((count) => count > 0) ? `, ${range(later, inWords)} more as answers return` : "",
    ". In the handler each one changes a global object, ",
    `waits ${steps} times ${formatDuration(holdMs / steps)}, `,
    "and answers with what the object holds by then.",
  ].join("");
}
