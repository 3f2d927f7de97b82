/** From a named plan and the options that change it to what is fired. */

import { LIMITS, referencePlan } from "../core/plan/plan.ts";
import { duration, fieldReader } from "../core/plan/plan-fields.ts";
import { type ParsedPlan, parsePlan, readParameters } from "../core/plan/plan-input.ts";
import { DESIGNS, type Design, type DesignInput } from "./designs.ts";

/** The plan of that name, if there is one. */
export function findDesign(name: string): Design | undefined {
  return DESIGNS.find((design) => design.name === name);
}

/**
 * Reads the options of a named plan, and reports all problems at once; an option that means nothing
 * in it is one. The reference that was changed is called custom, as wherever it is typed.
 */
export function parseDesign(design: Design, input: DesignInput): ParsedPlan<keyof DesignInput> {
  const { name, takes, defaults } = design;
  const { read, problems } = fieldReader<keyof DesignInput>({ ...defaults, ...input });
  const parameters = {
    ...readParameters(read),
    durationMs: read("duration", 0, duration(LIMITS.durationMs)),
  };
  for (const [field, text] of Object.entries(input) as [keyof DesignInput, string | undefined][]) {
    if (text === undefined || takes.includes(field)) continue;
    const message = `means nothing in the plan ${name}, which takes ${takes.join(", ")}`;
    problems.push({ field, message });
  }
  if (problems.length > 0) return { ok: false, problems };
  const stages = design.stages(parameters);
  if (!Array.isArray(stages)) return { ok: false, problems: [stages] };
  if (name === referencePlan.name) return parsePlan(input);
  const { clients, holdMs } = parameters;
  return { ok: true, plan: { name, clients, holdMs, steps: referencePlan.steps, stages } };
}
