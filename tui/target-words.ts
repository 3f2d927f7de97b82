/** Targets as the screen names them. */

import type { TargetDescription } from "../experiment/core/target.ts";
import { PROVES, type TargetChoice } from "../experiment/targets/open-target.ts";
import type { TargetState } from "./store.ts";

/** A target that was chosen, as the head names it. Whether there is such a stack is not known yet. */
export function describeTarget(choice: TargetChoice): TargetState {
  const { title, proves } = describeKnown(choice);
  if (choice.kind !== "stack") return { choice, title, proves };
  const unknown = "Not known yet: where this fires, and what that proves.";
  return { choice, title: `looking for ${title}`, proves: unknown };
}

/** A target that could not be opened: a stack that is not there proves nothing. */
export function describeFailed(choice: TargetChoice): TargetState {
  const { title, proves } = describeKnown(choice);
  const isStack = choice.kind === "stack";
  return {
    choice,
    title,
    proves: isStack ? "It cannot be opened: nothing is fired there." : proves,
  };
}

/** A target that is open, or that an experiment was recorded at, in the same words. */
export function describeKnown(
  target: Pick<TargetDescription, "kind" | "model" | "stack"> & { url?: URL | string },
): Pick<TargetState, "title" | "proves"> {
  const { kind, model, url, stack } = target;
  const name = stack === undefined ? "the selected stack" : `stack ${stack}`;
  const titles = { local: ["local", model], stack: [name, model], url: [String(url)] };
  return { title: titles[kind].filter(Boolean).join(" · "), proves: PROVES[kind] };
}

/** All models of a target, fired at in turn. */
export function describeAll(choice: TargetChoice): Pick<TargetState, "title" | "proves"> {
  const { title, proves } = describeKnown({ ...choice, model: undefined });
  return { title: `${title} · all models`, proves };
}
