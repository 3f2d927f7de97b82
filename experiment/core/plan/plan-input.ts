/** Reads a plan from texts: the options of a command line, or the fields of a form. */

import assert from "node:assert/strict";
import { inWords, plural } from "../../../basics/counts.ts";
import { lengthOf, MAX_CLIENT_LENGTH } from "../../../handler/contract.ts";
import { formatDuration, parseDuration } from "./duration.ts";
import { equalStages, LIMITS, type Plan, type Range, referencePlan, type Stage } from "./plan.ts";

/** The fields of a plan whose stages are equal, and what they are where nothing is said. */
export const PLAN_FIELDS = [
  /** Names, separated by commas or line breaks. Default: the reference's five. */
  "clients",
  /** Default: as many as there are clients. */
  "concurrency",
  /** Default: the concurrency. */
  "requests",
  /** Default: the reference's. */
  "hold",
  /** Equal stages. Default: as many as the reference has. */
  "runs",
  /** Between runs. Default: none. */
  "pause",
] as const;

/** These fields as text; what is absent takes its default. */
export type PlanInput = { [Field in (typeof PLAN_FIELDS)[number]]?: string | undefined };

/** The same, and what only some of the named plans take. */
export interface PlanOptions extends PlanInput {
  /** How long a run lasts. */
  duration?: string | undefined;
}

/** What stages are made from. */
interface PlanValues {
  concurrency: number;
  requests: number;
  holdMs: number;
  runs: number;
  pauseMs: number;
  durationMs: number;
}

/** What is wrong with one field, in words that say what would be right. */
interface PlanProblem<Field> {
  field: Field;
  message: string;
}

export type ParsedPlan<Field = keyof PlanInput> =
  | { ok: true; plan: Plan }
  | { ok: false; problems: PlanProblem<Field>[] };

type ParsedOptions = ParsedPlan<keyof PlanOptions>;

/** A way to make a plan from options. */
interface PlanDesign {
  name: string;
  /** The options that mean something in it. */
  takes: readonly (keyof PlanOptions)[];
  /** What the options are when they are not given; where nothing is said here, as in the reference. */
  defaults: Partial<PlanValues & Pick<Plan, "clients" | "steps">>;
  /** The stages, or what cannot be fired. */
  stages(values: PlanValues): Stage[] | PlanProblem<keyof PlanOptions>;
}

export interface NamedPlan extends PlanDesign {
  /** One line: what it fires, by the options that change it with their defaults, and what that shows. */
  description: string;
}

/** How many pauses a lifetime has; the first is 2⁵ times shorter than the last. */
const GROWING_PAUSES = 6;

const RUNS = referencePlan.stages.length;

const reference: NamedPlan = {
  name: referencePlan.name,
  description: `five clients at once, --runs (${RUNS}) times: who shares a process, cold and warm`,
  takes: PLAN_FIELDS,
  defaults: {},
  stages: stagesAlike,
};

const BURST = { concurrency: 100, holdMs: 1_000 };

const burst: NamedPlan = {
  name: "burst",
  description: `--concurrency (${BURST.concurrency}) at once, --runs (${RUNS}) times: a burst, cold and then warm`,
  takes: PLAN_FIELDS,
  defaults: BURST,
  stages: stagesAlike,
};

const RAMP = { concurrency: 64, holdMs: 1_000 };

const ramp: NamedPlan = {
  name: "ramp",
  description: `1, 2, 4 … --concurrency (${RAMP.concurrency}) at once: environments against concurrency`,
  takes: ["clients", "concurrency", "hold", "pause"],
  defaults: RAMP,
  stages: ({ concurrency, pauseMs }) =>
    doublingTo(concurrency).map((atOnce, run) => ({
      concurrency: atOnce,
      requests: atOnce,
      pauseMs: run === 0 ? 0 : pauseMs,
    })),
};

export const STEADY = { concurrency: 20, holdMs: 1_000, durationMs: 30_000 };

const steady: NamedPlan = {
  name: "steady",
  description: `--concurrency (${STEADY.concurrency}) in flight for --duration (${formatDuration(STEADY.durationMs)}): reuse and routing`,
  takes: ["clients", "concurrency", "hold", "duration"],
  defaults: STEADY,
  stages: ({ concurrency, holdMs, durationMs }) => {
    const requests = Math.max(1, Math.round(durationMs / holdMs)) * concurrency;
    if (requests <= LIMITS.requests.max) return equalStages(1, concurrency, requests, 0);
    const most = inWords(LIMITS.requests.max);
    const message = `needs ${plural(requests, "request")}, and ${most} are the most: shorten it`;
    return { field: "duration", message };
  },
};

const LIFETIME = { concurrency: 10, holdMs: 500, pauseMs: 960_000 };

/**
 * Each pause starts when the environments have just been used, so each burst measures an idle time
 * of its own. The literature found that AWS halves the idle environments every 380 s (Copik et al.,
 * "SeBS", Middleware 2021, section 6.5): six minutes lie well within the default pauses.
 */
const lifetime: NamedPlan = {
  name: "lifetime",
  description:
    `--concurrency (${LIFETIME.concurrency}) at once after pauses that double to ` +
    `--pause (${formatDuration(LIFETIME.pauseMs)}): when idle ones end`,
  takes: ["clients", "concurrency", "hold", "pause"],
  defaults: LIFETIME,
  stages: ({ concurrency, pauseMs }) => [
    ...equalStages(1, concurrency, concurrency, 0),
    ...Array.from({ length: GROWING_PAUSES }, (_, pause) => ({
      concurrency,
      requests: concurrency,
      pauseMs: Math.round(pauseMs / 2 ** (GROWING_PAUSES - 1 - pause)),
    })),
  ],
};

/** The first one is fired where none was named. */
export const NAMED_PLANS = [reference, burst, ramp, steady, lifetime] as const;

/**
 * Reads the options of a named plan, by default the reference, and reports all problems at once. The
 * reference that was changed is called custom.
 */
export function parsePlan(input: PlanInput): ParsedPlan;
export function parsePlan(options: PlanOptions, named: NamedPlan): ParsedOptions;
export function parsePlan(options: PlanOptions, named: NamedPlan = reference): ParsedOptions {
  const { name, takes } = named;
  const meaningless = `means nothing in the plan ${name}, which takes ${takes.join(", ")}`;
  const parsed = parseDesign(named, options, meaningless);
  return parsed.ok && named === reference ? { ok: true, plan: renamed(parsed.plan) } : parsed;
}

const CUSTOM = "custom";

/** A plan under the name that the reference has when it was changed; what is like it, is the reference. */
function renamed(plan: Plan): Plan {
  const isLikeReference =
    JSON.stringify({ ...plan, name: reference.name }) === JSON.stringify(referencePlan);
  return isLikeReference ? referencePlan : { ...plan, name: CUSTOM };
}

/** Reads the options that change the plan of a file, whose stages stand there. */
export function changePlan(plan: Plan, options: PlanOptions, path: string): ParsedOptions {
  const { name, clients, holdMs, steps, stages } = plan;
  return parseDesign(
    {
      name,
      takes: ["clients", "hold"],
      defaults: { clients, holdMs, steps },
      stages: () => stages,
    },
    options,
    `the stages are those of ${path}: change them there`,
  );
}

/** What a form holds of a plan: of one whose runs differ, equal ones as large as its largest. */
export function equalRuns({ stages }: Plan): Omit<PlanValues, "holdMs" | "durationMs"> {
  const isLarger = (one: Stage, other: Stage) => other.concurrency > one.concurrency;
  const { concurrency, requests } = stages.reduce((one, other) =>
    isLarger(one, other) ? other : one,
  );
  const pauseMs = Math.max(...stages.slice(1).map(({ pauseMs }) => pauseMs), 0);
  return { concurrency, requests, runs: stages.length, pauseMs };
}

/** Whether the fields that were edited replace the stages of a plan. */
export function replacesStages({ concurrency, requests, runs, pause }: PlanInput): boolean {
  return [concurrency, requests, runs, pause].some((text) => text !== undefined);
}

/** Whether a client's name is read as it stands where names are typed. */
export function canBeTyped(name: string): boolean {
  const names = parseClients(name);
  return names.length === 1 && names[0] === name;
}

/**
 * Changes a plan by the fields of its form that were edited, and leaves the rest as it is. Requests that
 * are as many as the concurrency follow it.
 *
 * @param edited an empty text stands for the field's default
 */
export function editPlan(plan: Plan, edited: PlanInput): ParsedPlan;
export function editPlan(plan: Plan, edited: PlanInput): ParsedOptions {
  if (Object.keys(edited).length === 0) return { ok: true, plan };
  const { name, clients, holdMs, steps, stages } = plan;
  const { concurrency, requests, runs, pauseMs } = equalRuns(plan);
  const hasNewStages = replacesStages(edited);
  const design: PlanDesign = {
    name,
    takes: PLAN_FIELDS,
    defaults: {
      steps,
      ...(edited.clients === undefined && { clients }),
      ...(edited.concurrency === undefined && { concurrency }),
      ...(edited.requests === undefined && requests !== concurrency && { requests }),
      ...(edited.hold === undefined && { holdMs }),
      ...(edited.runs === undefined && { runs }),
      ...(edited.pause === undefined && { pauseMs }),
    },
    stages: (values) => (hasNewStages ? startLike(plan, stagesAlike(values)) : stages),
  };
  const typed = Object.entries(edited).filter(([, text]) => text !== "");
  const parsed = parseDesign(design, Object.fromEntries(typed), "");
  // A name that was given stays with the stages that it was given to.
  const isOwn = !hasNewStages && name !== reference.name && name !== CUSTOM;
  return parsed.ok && !isOwn ? { ok: true, plan: renamed(parsed.plan) } : parsed;
}

/** @param meaningless what is said of an option that the design does not take */
function parseDesign(design: PlanDesign, options: PlanOptions, meaningless: string): ParsedOptions {
  const { name, takes, defaults } = design;
  const problems: PlanProblem<keyof PlanOptions>[] = [];
  function read<T>(field: keyof PlanOptions, byDefault: T, parse: (text: string) => T | string): T {
    const text = options[field];
    if (text === undefined) return byDefault;
    const value = takes.includes(field) ? parse(text) : meaningless;
    if (typeof value !== "string") return value;
    problems.push({ field, message: value });
    return byDefault;
  }
  const { holdMs, steps, pauseMs = 0, durationMs = 0 } = { ...referencePlan, ...defaults };
  const clients = read("clients", defaults.clients ?? referencePlan.clients, parseClients);
  const concurrency = read(
    "concurrency",
    defaults.concurrency ?? clients.length,
    wholeNumber(LIMITS.concurrency),
  );
  const values: PlanValues = {
    concurrency,
    requests: read("requests", defaults.requests ?? concurrency, wholeNumber(LIMITS.requests)),
    holdMs: read("hold", holdMs, duration(LIMITS.holdMs)),
    runs: read("runs", defaults.runs ?? RUNS, wholeNumber(LIMITS.runs)),
    pauseMs: read("pause", pauseMs, duration(LIMITS.pauseMs)),
    durationMs: read("duration", durationMs, duration(LIMITS.durationMs)),
  };
  if (problems.length > 0) return { ok: false, problems };
  const stages = design.stages(values);
  if (!Array.isArray(stages)) return { ok: false, problems: [stages] };
  return { ok: true, plan: { name, clients, holdMs: values.holdMs, steps, stages } };
}

/** Reads names that are separated by commas or line breaks, or says what is wrong with them. */
function parseClients(text: string): string[] | string {
  const names = text
    .split(/[,\n]/)
    .map((name) => name.trim())
    .filter((name) => name !== "");
  if (names.length === 0) return "name at least one client, such as Ana, Barbara";
  const long = names.find((name) => lengthOf(name) > MAX_CLIENT_LENGTH);
  if (long === undefined) return names;
  return `"${[...long].slice(0, 20).join("")}…" is longer than ${MAX_CLIENT_LENGTH} characters`;
}

/** A reader of whole numbers within limits; thousands may be separated. */
function wholeNumber({ min, max }: Range): (text: string) => number | string {
  return (text) => {
    const plain = text.trim().replace(/(?<=\d)[,_](?=\d{3}(?!\d))/g, "");
    const value = Number(plain);
    if (/^\d+$/.test(plain) && value >= min && value <= max) return value;
    return `"${text.trim()}" is not a whole number from ${inWords(min)} to ${inWords(max)}`;
  };
}

/** A reader of durations within limits, in milliseconds. */
function duration({ min, max }: Range): (text: string) => number | string {
  return (text) => {
    const value = parseDuration(text);
    if (value !== undefined && value >= min && value <= max) return value;
    const range = `${formatDuration(min)} to ${formatDuration(max)}`;
    const isBare = /^\d+$/.test(text.trim());
    const hint = isBare ? "a number alone means seconds" : "such as 5s or 250ms";
    return `"${text.trim()}" is not a duration from ${range}, ${hint}`;
  };
}

function stagesAlike({ runs, concurrency, requests, pauseMs }: PlanValues): Stage[] {
  return equalStages(runs, concurrency, requests, pauseMs);
}

/** Stages with a plan's pause before the first one, which no field holds. */
function startLike(plan: Plan, stages: Stage[]): Stage[] {
  const [first] = plan.stages;
  assert(first, "a plan has at least one stage");
  return stages.map((stage, run) => (run === 0 ? { ...stage, pauseMs: first.pauseMs } : stage));
}

/** 1, 2, 4 … and the last number itself. */
function doublingTo(last: number): number[] {
  const steps = Array.from({ length: Math.ceil(Math.log2(last)) }, (_, power) => 2 ** power);
  return [...steps, last];
}
