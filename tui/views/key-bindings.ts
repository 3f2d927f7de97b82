/** The keys that several views have: what each does, and what the foot and the help say of it. */

import type { Binding } from "../terminal/keys.ts";
import type { ViewProps } from "./view-frame.ts";

/** Each key, what the foot says of it, and the help if it does; in the order of the help. */
const KEYS = {
  fire: ["return", "⏎ fire", "fire the plan"],
  stop: ["escape", "Esc stop", "stop the run: what is in flight is recorded as aborted"],
  leave: ["escape", "Esc back", "leave a recorded experiment, or the models, for your plan"],
  edit: ["e", "e edit", "edit clients, concurrency, requests, hold, runs and pause"],
  target: ["t", "t target", "choose where to fire: the embedded Lambda, your stack, or a URL"],
  models: [
    "a",
    "a models",
    "fire at each model in turn, side by side: the stack's, or the embedded Lambda's",
  ],
  control: [
    "k",
    "k control",
    "fire at a control first, which must show sharing, and then at the target",
  ],
  recycle: ["c", "c cold start", "make all environments cold, or say how and how long it takes"],
  crossCheck: [
    "x",
    "x cross-check",
    "cross-check an experiment at a stack with the log of its function",
  ],
  save: ["s", "s save report", "save a report of the experiment: a page to send to somebody"],
  history: ["h", "h history", "history: open or delete recorded experiments"],
  help: ["?", "? help", undefined],
  agree: ["y", "y fire it", undefined],
  refuse: ["n", "n leave it", undefined],
  quit: ["q", "q quit", "leave; Ctrl-C does it everywhere"],
} as const;

type KeyName = keyof typeof KEYS;

/** What the help says of them: the key as it is shown, and what it does. */
export const KEY_HELP = Object.values(KEYS).flatMap(([, words, help]): [string, string][] =>
  help === undefined ? [] : [[words.replace(/ .*/, ""), help]],
);

/** What each of them does in a view. */
function actionsOf({ session, go, help, quit }: ViewProps): Record<KeyName, () => void> {
  return {
    fire: () => session.fire(),
    stop: () => session.stop(),
    leave: () => session.showPlan(),
    edit: () => go({ name: "edit" }),
    target: () => go({ name: "targets" }),
    models: () => session.fireAtModels(),
    control: () => session.fire({ withControl: true }),
    recycle: () => session.recycle(),
    crossCheck: () => session.crossCheck(),
    save: () => session.saveReport(),
    history: () => go({ name: "history" }),
    help,
    agree: () => session.agree(),
    refuse: () => session.refuse(),
    quit,
  };
}

/** @param words what the foot says, where that is not the usual */
export function bind(view: ViewProps, name: KeyName, words: string = KEYS[name][1]): Binding {
  return { on: KEYS[name][0], words, run: actionsOf(view)[name] };
}

/** A key that can do nothing here, and says why. */
export function explain({ session }: ViewProps, on: string, why: string): Binding {
  return { on, run: () => session.store.set({ notice: why }) };
}

/** The keys of every view that takes no text. */
export function commonBindings(view: ViewProps): Binding[] {
  return [bind(view, "help"), bind(view, "quit")];
}

/** The keys that answer whether a plan is fired at that cost. */
export function consentBindings(view: ViewProps): Binding[] {
  const silent: Binding = { on: "escape", run: () => view.session.refuse() };
  return [bind(view, "agree"), bind(view, "refuse"), silent, bind(view, "quit")];
}

/** The key that stops what is under way, until it was pressed. */
export function stopBindings(view: ViewProps): Binding[] {
  return view.snapshot.activity === "stopping" ? [] : [bind(view, "stop")];
}
