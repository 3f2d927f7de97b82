/** Targets as the user knows them. */

import type { TargetDescription } from "../experiment/core/target.ts";
import { PROVES, type TargetChoice } from "../experiment/targets/target-choice.ts";
import type { KeptSettings } from "./settings.ts";
import type { TargetState } from "./state.ts";

export function describeTarget(choice: TargetChoice): TargetState {
  return { choice, title: titleOf(choice), proves: PROVES[choice.kind] };
}

function titleOf(choice: TargetChoice): string {
  switch (choice.kind) {
    case "local":
      return `local · ${choice.model}`;
    case "stack":
      return choice.stack === undefined ? "the selected stack" : `stack ${choice.stack}`;
    case "url":
      return choice.url.href;
  }
}

/** The choice as it is kept between starts, and as the command line takes it. */
export function toKept(choice: TargetChoice): KeptSettings {
  switch (choice.kind) {
    case "local":
      return { target: "local", model: choice.model };
    case "stack":
      return { target: choice.stack === undefined ? "stack" : `stack:${choice.stack}` };
    case "url":
      return { target: choice.url.href };
  }
}

/** A target that is open, or that an experiment was recorded at, in the same words. */
export function describeKnown({ kind, model, url, stack }: TargetDescription): {
  title: string;
  proves: string;
} {
  const name = { local: model, stack, url }[kind];
  const title =
    kind === "url" ? url : [kind, name].filter(Boolean).join(kind === "local" ? " · " : " ");
  return { title, proves: PROVES[kind] };
}
