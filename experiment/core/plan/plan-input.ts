/** Reads a plan from what a person typed, on the command line or in a form. */

import { equalStages, LIMITS, type Plan, referencePlan } from "./plan.ts";
import {
  duration,
  fieldReader,
  type PlanProblem,
  parseClients,
  type ReadField,
  wholeNumber,
} from "./plan-fields.ts";

/** A plan's fields as text; what is absent takes its default. */
export interface PlanInput {
  /** Names, separated by commas or line breaks. Default: the reference's five. */
  clients?: string | undefined;
  /** Default: as many as there are clients. */
  concurrency?: string | undefined;
  /** Default: the concurrency. */
  requests?: string | undefined;
  /** Default: 5 s. */
  hold?: string | undefined;
  /** Equal stages. Default: 2. */
  runs?: string | undefined;
  /** Between runs. Default: none. */
  pause?: string | undefined;
}

/** The same, read. */
export interface PlanParameters {
  clients: string[];
  concurrency: number;
  requests: number;
  holdMs: number;
  runs: number;
  pauseMs: number;
}

export type ParsedPlan<Field extends string = keyof PlanInput> =
  | { ok: true; plan: Plan }
  | { ok: false; problems: PlanProblem<Field>[] };

/** Reads a plan of equal stages, and reports all problems at once. */
export function parsePlan(input: PlanInput): ParsedPlan {
  const { read, problems } = fieldReader<keyof PlanInput>(input);
  const { clients, holdMs, concurrency, requests, runs, pauseMs } = readParameters(read);
  if (problems.length > 0) return { ok: false, problems };

  const stages = equalStages(runs, concurrency, requests, pauseMs);
  const plan = { name: "custom", clients, holdMs, steps: referencePlan.steps, stages };
  return { ok: true, plan: referenceOr(plan) };
}

/** Reads what any plan is made of; what was not given is as in the reference. */
export function readParameters(read: ReadField<keyof PlanInput>): PlanParameters {
  const clients = read("clients", referencePlan.clients, parseClients);
  const concurrency = read("concurrency", clients.length, wholeNumber(LIMITS.concurrency));
  return {
    clients,
    concurrency,
    requests: read("requests", concurrency, wholeNumber(LIMITS.requests)),
    holdMs: read("hold", referencePlan.holdMs, duration(LIMITS.holdMs)),
    runs: read("runs", referencePlan.stages.length, wholeNumber(LIMITS.runs)),
    pauseMs: read("pause", 0, duration(LIMITS.pauseMs)),
  };
}

/** The plan, or the reference where it differs from that by its name alone. */
function referenceOr(plan: Plan): Plan {
  const renamed = JSON.stringify({ ...plan, name: referencePlan.name });
  return renamed === JSON.stringify(referencePlan) ? referencePlan : plan;
}
