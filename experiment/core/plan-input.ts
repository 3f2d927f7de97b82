/** Reads a plan from what a person typed, on the command line or in a form. */

import { lengthOf, MAX_CLIENT_LENGTH } from "../../handler/contract.ts";
import { formatDuration, parseDuration } from "./duration.ts";
import { inWords } from "./numbers.ts";
import { equalStages, LIMITS, type Plan, referencePlan } from "./plan.ts";

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

/** What is wrong with one field, in words that say what would be right. */
interface PlanProblem {
  field: keyof PlanInput;
  message: string;
}

export type ParsedPlan = { ok: true; plan: Plan } | { ok: false; problems: PlanProblem[] };

/** Reads every field and reports all problems at once, so that a form can show each in its place. */
export function parsePlan(input: PlanInput): ParsedPlan {
  const problems: PlanProblem[] = [];
  const read = <T>(field: keyof PlanInput, fallback: T, parse: (text: string) => T | string): T => {
    const text = input[field];
    if (text === undefined) return fallback;
    const value = parse(text);
    if (typeof value !== "string") return value;
    problems.push({ field, message: value });
    return fallback;
  };
  const clients = read("clients", referencePlan.clients, parseClients);
  const concurrency = read("concurrency", clients.length, wholeNumber(LIMITS.concurrency));
  const requests = read("requests", concurrency, wholeNumber(LIMITS.requests));
  const holdMs = read("hold", referencePlan.holdMs, duration(LIMITS.holdMs));
  const runs = read("runs", referencePlan.stages.length, wholeNumber(LIMITS.runs));
  const pauseMs = read("pause", 0, duration(LIMITS.pauseMs));
  if (problems.length > 0) return { ok: false, problems };

  const stages = equalStages(runs, concurrency, requests, pauseMs);
  const plan = { name: "custom", clients, holdMs, steps: referencePlan.steps, stages };
  return { ok: true, plan: isReference(plan) ? referencePlan : plan };
}

function isReference(plan: Plan): boolean {
  return JSON.stringify({ ...plan, name: referencePlan.name }) === JSON.stringify(referencePlan);
}

function parseClients(text: string): string[] | string {
  const names = text
    .split(/[,\n]/)
    .map((name) => name.trim())
    .filter((name) => name !== "");
  if (names.length === 0) return "name at least one client, such as Ana, Barbara";
  const long = names.find((name) => lengthOf(name) > MAX_CLIENT_LENGTH);
  if (long !== undefined) {
    return `"${[...long].slice(0, 20).join("")}…" is longer than ${MAX_CLIENT_LENGTH} characters`;
  }
  return names;
}

function wholeNumber({ min, max }: { min: number; max: number }) {
  return (text: string): number | string => {
    const plain = text.trim().replace(/(?<=\d)[,_](?=\d{3}(?!\d))/g, "");
    const value = Number(plain);
    if (/^\d+$/.test(plain) && value >= min && value <= max) return value;
    return `"${text.trim()}" is not a whole number from ${inWords(min)} to ${inWords(max)}`;
  };
}

function duration({ min, max }: { min: number; max: number }) {
  return (text: string): number | string => {
    const value = parseDuration(text);
    if (value !== undefined && value >= min && value <= max) return value;
    const range = `${formatDuration(min)} to ${formatDuration(max)}`;
    return `"${text.trim()}" is not a duration from ${range}, such as 5s or 250ms`;
  };
}
