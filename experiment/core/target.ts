/**
 * Where an experiment is fired at, which the targets implement and the core uses; and what a target says
 * of a plan before that is fired.
 */

import { inWords } from "../../basics/counts.ts";
import { ExperimentError } from "./errors.ts";
import {
  burstOf,
  MOST_OF_RUNNER,
  type Part,
  type Plan,
  type Stage,
  shareOf,
  WHOLE,
} from "./plan/plan.ts";

/** What the record keeps of a target. Fields that do not apply are absent. */
export interface TargetDescription {
  kind: "local" | "stack" | "url";
  model?: string | undefined;
  url: string;
  stack?: string | undefined;
  functionName?: string | undefined;
  region?: string | undefined;
  /** Where the function logs. */
  logGroupName?: string | undefined;
  /** Identifies code and configuration, so that evidence of the same deployment adds up. */
  deployment?: string | undefined;
}

/** What tells targets apart: the code, where it is known, or else the URL, with its model and region. */
export function targetIdentity({
  kind,
  deployment,
  url,
  model,
  region,
}: TargetDescription): string {
  return JSON.stringify([kind, deployment ?? url, model, region]);
}

/** Whether runs were fired at one and the same target: what they show together is of no other. */
export function areOfOneTarget(runs: readonly { target: TargetDescription }[]): boolean {
  return new Set(runs.map(({ target }) => targetIdentity(target))).size <= 1;
}

/** By name; each once. */
export type RequestHeaders = Readonly<Record<string, string>>;

/**
 * Signs a request.
 *
 * @returns its headers, and those that the signature adds
 */
export type SignRequest = (request: {
  method: string;
  headers: RequestHeaders;
  body: string;
}) => Promise<RequestHeaders>;

/** From this on, in US dollars, nobody fires without having been asked. */
export const CONFIRM_FROM_USD = 1;

/** What is billed for a plan. */
export interface Cost {
  /** Absent where it cannot be known: then nobody is asked for consent, but told. */
  usd?: number;
  /** What the figure rests on, as a phrase: `128 MB arm64 in eu-west-1`; or why there is none. */
  basis: string;
}

/** What a deployment costs by the hour from its creation until it is destroyed, used or not. */
export interface HourlyCost {
  /** In US dollars; absent where no rate is known of the instance type. */
  usdPerHour?: number | undefined;
  instanceType: string;
  /** When it began, as ISO text. */
  since: string;
  /** The command that ends it. */
  endCommand: string;
}

export interface Target {
  readonly description: TargetDescription;
  readonly url: URL;
  /** How long a cold start may take before a request of this stage is given up, in milliseconds. */
  coldStartAllowanceMs(stage: Stage): number;
  /**
   * Where requests must be signed: makes ready to sign those of a stage.
   *
   * @param durationMs how long the stage may take, in milliseconds
   * @throws ExperimentError when there is nothing to sign with
   */
  openSigner?(durationMs: number): Promise<SignRequest>;
  /**
   * Why the plan cannot work here, one sentence each; empty when nothing speaks against it.
   *
   * @param part that this runner fires of it, where it does not fire it all
   */
  obstacles(plan: Plan, part?: Part): Promise<readonly string[]>;
  /** What the plan will meet here, such as throttling; it can be fired all the same. */
  cautions?(plan: Plan): Promise<readonly string[]>;
  /** What firing the plan costs; absent where nothing is billed. */
  cost?(plan: Plan): Cost;
  /**
   * Opens what must show sharing beside it, in place of the control on this machine: a web function of
   * the same stack. Absent where there is none, and of that web function itself, which a control would
   * make warm before it is asked about.
   *
   * @throws ExperimentError when it cannot be opened
   */
  openControl?(signal: AbortSignal): Promise<Target>;
  /** What is billed by the hour where the target is, whether anybody fires or not. */
  readonly hourly?: HourlyCost | undefined;
  /**
   * Waits until a target that is still starting answers, so that its start is no finding. Nothing is
   * changed that an experiment measures.
   *
   * @returns how long it was waited for, in milliseconds; 0 where it answered at once
   * @throws ExperimentError when it does not answer in time, and the signal's reason
   */
  untilAnswering?(signal: AbortSignal): Promise<number>;
  /** Makes all environments cold again, where the target can. */
  recycle?(): Promise<void>;
  /** Where it cannot: the command that does it, and a sentence on what it does and how long it takes. */
  readonly recycling?: { command: string; effect: string };
  /** The lines of an environment's log stream, oldest first, where the target can tell. */
  logs?(logStream: string): Promise<readonly string[]>;
  /** Where it cannot: the command that follows them. */
  logsCommand?(logStream: string): string;
  /** Whether it has ended by itself, so that it must be opened again. */
  isGone?(): boolean;
  /** What to say of a failure where the cause is that the target has ended by itself. */
  explainEnd?(): Promise<ExperimentError | undefined>;
  /** Ends what the target started. */
  close(): Promise<void>;
}

// Before it is fired: whether the plan can work, and what it costs

export interface Preflight {
  /** Why the plan cannot work at the target. */
  obstacle?: string | undefined;
  /** What firing costs; absent where nothing is billed. */
  cost?: Cost | undefined;
  /** Whether it costs so much that nothing is fired unasked. */
  needsConsent: boolean;
}

/**
 * Asks a target what speaks against a plan, and what it costs. Its cautions are not among this: asking
 * for them may take a call of AWS, which firing need not wait for.
 *
 * @param part that this runner fires of it; the cost is that of all
 */
export async function preflight(plan: Plan, target: Target, part?: Part): Promise<Preflight> {
  const [obstacle] = [...lackOfRunners(plan, part), ...(await target.obstacles(plan, part))];
  const cost = target.cost?.(plan);
  return { obstacle, cost, needsConsent: needsConsent(cost) };
}

/** Why one runner cannot fire so many at once. */
function lackOfRunners({ stages }: Plan, part = WHOLE): string[] {
  const most = stages.reduce((all, stage) => Math.max(all, shareOf(burstOf(stage), part)), 0);
  if (most <= MOST_OF_RUNNER) return [];
  return [
    `One runner fires ${inWords(MOST_OF_RUNNER)} requests at once at most, and this would be ${inWords(most)}: ` +
      "several can fire a part each (docs/more-machines.md).",
  ];
}

/** What is not known cannot be compared: it is said, and nobody is asked. */
export function needsConsent(cost: Cost | undefined): boolean {
  return cost?.usd !== undefined && cost.usd >= CONFIRM_FROM_USD;
}

/**
 * @param kind of the error, where the plan is not the experiment's own
 * @throws ExperimentError when the plan cannot work at the target
 */
export function ensurePossible(
  { obstacle }: Preflight,
  kind: "plan impossible" | "control impossible" = "plan impossible",
): void {
  if (obstacle !== undefined) throw new ExperimentError(kind, { obstacle });
}
