/** What the screen starts with: from the command line, and else as it was left the last time. */

import { parseArguments } from "../basics/command-line.ts";
import { MODELS } from "../basics/models.ts";
import {
  createProgram,
  isTargetGiven,
  modelOption,
  readPlan,
  readTarget,
} from "../experiment/command/program.ts";
import type { Plan } from "../experiment/core/plan/plan.ts";
import { PLAN_FIELDS, type PlanInput, parsePlan } from "../experiment/core/plan/plan-input.ts";
import { parseTarget, type TargetChoice } from "../experiment/targets/open-target.ts";
import type { KeptSettings } from "./settings.ts";

export interface ScreenOptions {
  plan: Plan;
  target: TargetChoice;
  /** Whether the embedded Lambda serves where the target cannot be opened. */
  mayFallBack: boolean;
  /** What was kept and cannot be used, for the user; absent when nothing is. */
  notice?: string | undefined;
}

/**
 * Reads the arguments after the program's name. Wrong ones end the process with a message.
 *
 * @returns what the screen starts with, given what was kept
 */
export function parseScreenOptions(args: readonly string[]): (kept: KeptSettings) => ScreenOptions {
  const program = createProgram(
    "tui",
    "Fires requests at the same instant and shows who shared a process with whom.",
    "what you chose last",
    modelOption(),
  ).addHelpText("after", NOTES);
  parseArguments(program, args);
  // A wrong plan is said before the screen opens.
  readPlan(program);
  const given = isTargetGiven(program) ? readTarget(program) : undefined;
  return (kept) => {
    const [ownPlan, ownTarget] = [keptPlan(kept), keptTarget(kept)];
    const unknown = [
      ...(kept.plan && !ownPlan ? ["plan"] : []),
      ...(kept.target !== undefined && !ownTarget && !given ? ["target"] : []),
    ].join(" and ");
    const target = given ?? ownTarget ?? SELECTED_STACK;
    return {
      plan: readPlan(program, ownPlan),
      target,
      mayFallBack: given === undefined && target.kind === "stack",
      // A newer version may have kept it.
      notice: unknown
        ? `The kept ${unknown} cannot be used by this version; the default stands until you choose another.`
        : undefined,
    };
  };
}

/** What is fired at where nothing else was ever asked for. */
const SELECTED_STACK: TargetChoice = { kind: "stack" };

/**
 * Kept settings are a file that somebody may have edited, or that another version wrote: a plan with
 * more fields than are known means something else.
 */
function keptPlan({ plan = {} }: KeptSettings): PlanInput | undefined {
  const known: readonly string[] = PLAN_FIELDS;
  const isKnown = Object.keys(plan).every((field) => known.includes(field));
  return isKnown && parsePlan(plan).ok ? plan : undefined;
}

function keptTarget({ target, model }: KeptSettings): TargetChoice | undefined {
  const known = MODELS.find((candidate) => candidate === model);
  const isKnown = target !== undefined && known === model;
  const choice = isKnown ? parseTarget(target, known) : undefined;
  return typeof choice === "string" ? undefined : choice;
}

/** The choice of a target as it is kept, which is how the command line takes it. */
export function keptChoice(choice: TargetChoice): KeptSettings {
  switch (choice.kind) {
    case "local":
      return { target: "local", model: choice.model };
    case "stack": {
      const target = choice.stack === undefined ? "stack" : `stack:${choice.stack}`;
      return { target, model: choice.model };
    }
    case "url":
      return { target: choice.url.href, model: undefined };
  }
}

const NOTES = `
What is not given is as you left it the last time; at first the selected stack is fired at, and
where there is none the embedded Lambda. INK_SCREEN_READER=true makes the screen read as
sentences, NO_COLOR=1 takes the colours away.`;
