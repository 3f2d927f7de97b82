/** Targets as the screen names them, and as they are kept between starts. */

import type { TargetDescription } from "../experiment/core/target.ts";
import { PROVES, type TargetChoice } from "../experiment/targets/target-choice.ts";
import type { KeptSettings } from "./settings.ts";
import type { TargetState } from "./state.ts";

/** A target that was chosen, as the head names it. */
export function describeTarget(choice: TargetChoice): TargetState {
  const isUnnamed = choice.kind === "stack" && choice.stack === undefined;
  const { title, proves } = describeKnown(choice);
  return { choice, title: isUnnamed ? "the selected stack" : title, proves };
}

/** A target that is open, or that an experiment was recorded at, in the same words. */
export function describeKnown(
  target: Pick<TargetDescription, "kind" | "model" | "stack"> & { url?: URL | string },
): Pick<TargetState, "title" | "proves"> {
  const { kind, model, url, stack } = target;
  const titles = { local: ["local", model], stack: ["stack", stack], url: [String(url)] };
  const title = titles[kind].filter(Boolean).join(kind === "local" ? " · " : " ");
  return { title, proves: PROVES[kind] };
}

/** The choice as it is kept between starts, and as the command line takes it. */
export function keptChoice(choice: TargetChoice): KeptSettings {
  switch (choice.kind) {
    case "local":
      return { target: "local", model: choice.model };
    case "stack":
      return { target: choice.stack === undefined ? "stack" : `stack:${choice.stack}` };
    case "url":
      return { target: choice.url.href };
  }
}
