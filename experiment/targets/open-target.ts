/** From a choice to a target that can be fired at. */

import type { Model } from "../../basics/models.ts";
import type { Target } from "../core/target.ts";
import { runnerObstacles } from "./resources.ts";
import type { DeployedTarget } from "./stack-outputs.ts";
import type { TargetChoice } from "./target-choice.ts";

/** Called with what to say when something takes its time. */
type OnWait = (words: string) => void;

/** A target that is known, and can be opened. */
export interface FoundTarget {
  /** With its model, where the target has one. */
  choice: TargetChoice;
  /** The caller closes it. */
  open: (signal?: AbortSignal, onWait?: OnWait) => Promise<Target>;
}

/**
 * Finds what was asked for. Each kind is loaded when it is asked for: what fires at this machine does
 * not load AWS's packages. Of a stack the outputs are read, once for all its targets.
 *
 * @param models of a stack: `all` that it has, some, or the first where none is named
 * @param signal ends the waiting for the Pulumi CLI
 * @throws ExperimentError when there is no such stack, or one of the models is not deployed
 */
export async function findStackTargets(
  stack: string | undefined,
  models: "all" | readonly Model[],
  signal?: AbortSignal,
): Promise<[FoundTarget, ...FoundTarget[]]> {
  const { chooseTargets, readStack } = await import("./stack-outputs.ts");
  const { stackTarget } = await import("./stack-target.ts");
  const found = await readStack(stack, signal);
  const toFound = (deployed: DeployedTarget): FoundTarget => ({
    choice: { kind: "stack", stack: found.stack, model: deployed.model },
    open: async (_, onWait) => stackTarget(found, deployed, onWait),
  });
  const [first, ...others] = chooseTargets(found, models);
  return [toFound(first), ...others.map(toFound)];
}

/**
 * Opens the chosen target; the caller closes it.
 *
 * @param signal ends the waiting for a target that takes its time
 */
export async function openTarget(
  choice: TargetChoice,
  signal?: AbortSignal,
  onWait?: OnWait,
): Promise<Target> {
  switch (choice.kind) {
    case "local": {
      const { openLocalTarget } = await import("./local-target.ts");
      const { kind: _, ...configuration } = choice;
      return openLocalTarget(configuration, signal);
    }
    case "stack": {
      const models = choice.model === undefined ? [] : [choice.model];
      const [found] = await findStackTargets(choice.stack, models, signal);
      return found.open(signal, onWait);
    }
    case "url":
      return openUrlTarget(choice.url);
  }
}

/** How long a cold start behind an unknown URL may take, in milliseconds. */
const COLD_START_ALLOWANCE_MS = 30_000;

/** Any URL. Only what it answers is known of it. */
function openUrlTarget(url: URL): Target {
  return {
    url,
    description: { kind: "url", url: url.href },
    coldStartAllowanceMs: () => COLD_START_ALLOWANCE_MS,
    obstacles: async (plan, part) => runnerObstacles(plan, part),
    close: async () => {},
  };
}
