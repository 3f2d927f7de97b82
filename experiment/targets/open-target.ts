/** Which target is wanted, and the way from that choice to one that can be fired at. */

import type { DeployedTarget } from "../../basics/deployed-targets.ts";
import type { Model } from "../../basics/models.ts";
import type { Target } from "../core/target.ts";
import { runnerObstacles } from "./resources.ts";

// Which target is wanted, before anything is opened

/** Sizes of the embedded Lambda; where one is absent, its model's default holds. */
export interface LocalSizes {
  /** Environments that are started beforehand. */
  environments?: number;
  /** Worker threads of an environment. */
  workers?: number;
  /** Requests that an environment takes at once. */
  maxConcurrency?: number;
}

export type TargetChoice =
  | ({ kind: "local"; model: Model } & LocalSizes)
  /** Without a name: the selected stack; without a model: the first that it has. */
  | { kind: "stack"; stack?: string; model?: Model }
  | { kind: "url"; url: URL };

/**
 * What a verdict reached there is worth, as one sentence; what it is not worth comes first, so that no
 * narrow screen cuts that.
 */
export const PROVES: Record<TargetChoice["kind"], string> = {
  local: "Embedded Lambda: proves nothing about AWS, but shows how the model behaves.",
  stack: "Deployed on AWS: holds for this function, its region and configuration.",
  url: "A URL: whatever answers there, this shows how it behaves.",
};

/** What each model does, as one sentence. */
export const MODEL_WORDS: Record<Model, string> = {
  "on-demand": "One request at a time in a process, as the default is.",
  "managed-instances": "Many requests in each worker thread of a process.",
  "web-function": "Many requests behind one HTTP server, in one process.",
};

/** The model of a target, where it is known before it is opened. */
export function modelOf(target: TargetChoice): Model | undefined {
  return target.kind === "url" ? undefined : target.model;
}

/**
 * Reads `local`, `stack`, `stack:NAME` or an http(s) URL.
 *
 * @param model that is wanted there; a URL has none
 * @returns the choice, or what is wrong with the text
 */
export function parseTarget(text: string, model?: Model): TargetChoice | string {
  if (text === "local") return { kind: "local", model: model ?? "on-demand" };
  const [, stack] = /^stack(?::(.+))?$/.exec(text) ?? [];
  if (text === "stack" || stack !== undefined) {
    return { kind: "stack", ...(stack !== undefined && { stack }), ...(model && { model }) };
  }
  const url = URL.parse(text);
  if (url?.protocol === "http:" || url?.protocol === "https:") {
    if (url.username || url.password)
      return "a URL with a user name or a password is not supported";
    url.hash = "";
    return { kind: "url", url };
  }
  if (/^[\w.-]+:\d+/.test(text)) {
    return `"${text}" is no target: a URL begins with http:// or https://, such as http://${text}`;
  }
  return `"${text}" is no target: use local, stack, or a URL such as https://….lambda-url.eu-west-1.on.aws/`;
}

// The way to it

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
