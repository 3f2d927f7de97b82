/** Where an experiment is fired at. Implemented by the targets, used by the core. */

import type { Plan, Stage } from "./plan.ts";

/** What the record keeps of a target. Fields that do not apply are absent. */
export interface TargetDescription {
  kind: "local" | "stack" | "url";
  model?: string | undefined;
  url: string;
  stack?: string | undefined;
  functionName?: string | undefined;
  region?: string | undefined;
  /** Identifies code and configuration, so that evidence of the same deployment adds up. */
  deployment?: string | undefined;
}

export interface Target {
  readonly description: TargetDescription;
  readonly url: URL;
  /** What a verdict reached at this target is worth, as one sentence. */
  readonly proves: string;
  /** How long a cold start may take before a request of this stage is given up, in milliseconds. */
  coldStartAllowanceMs(stage: Stage): number;
  /** Why the plan cannot work here, one sentence each; empty when nothing speaks against it. */
  obstacles(plan: Plan): Promise<readonly string[]>;
  /** Makes all environments cold again, where the target can. */
  recycle?(): Promise<void>;
  /** Where it cannot: the command that does it. */
  readonly recycleCommand?: string;
  /** The lines that an environment logged, oldest first, where the target can tell. */
  logs?(environment: string): Promise<readonly string[]>;
  /** Where it cannot: the command that follows them. */
  logsCommand?(environment: string): string;
  /** Whether it has ended by itself, so that it must be opened again. */
  isGone?(): boolean;
  /** Ends what the target started. */
  close(): Promise<void>;
}
