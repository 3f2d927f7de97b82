/** Targets as the screen names them. */

import type { TargetDescription } from "../experiment/core/target.ts";
import { PROVES, type TargetChoice } from "../experiment/targets/open-target.ts";
import type { TargetState } from "./store.ts";

/** A target that was chosen, as the head names it. */
export function describeTarget(choice: TargetChoice): TargetState {
  return { choice, ...describeKnown(choice) };
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
