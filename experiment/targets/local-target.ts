/** The embedded Lambda, started and ended with the experiment. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type {
  ChildMessage,
  ControlAnswer,
  ControlCall,
  ControlRequest,
  FailedMessage,
  ReadyMessage,
} from "../../local-lambda/control.ts";
import {
  defaultConfiguration,
  type FunctionConfiguration,
} from "../../local-lambda/function-configuration.ts";
import { toArguments } from "../../local-lambda/options.ts";
import { ExperimentError } from "../core/errors.ts";
import type { Target } from "../core/target.ts";
import {
  localAllowanceMs,
  localCautions,
  localDeployment,
  localLackBeforehand,
  localObstacles,
} from "./local-model.ts";
import { PROVES } from "./target-choice.ts";

/** Preloaded as by the npm scripts: without what was compiled before, it starts a third later. */
const PRELOAD = new URL("../../preload.js", import.meta.url).href;
const PROGRAM = fileURLToPath(new URL("../../local-lambda/main.ts", import.meta.url));

/** How long the embedded Lambda may take to end, in milliseconds. */
const CLOSE_MS = 20_000;

/**
 * Starts an embedded Lambda in a process of its own, which ends when this one does.
 *
 * @param overrides what differs from the defaults of the model, on-demand unless given
 * @param signal ends the waiting for environments that are started beforehand, and those with it
 * @throws ExperimentError when it cannot start
 */
export async function openLocalTarget(
  overrides: Partial<FunctionConfiguration> = {},
  signal?: AbortSignal,
): Promise<Target> {
  const configuration = { ...defaultConfiguration(overrides.model), ...overrides };
  const lack = localLackBeforehand(configuration);
  if (lack !== undefined)
    throw new ExperimentError(lack, "Choose fewer with --environments or --workers.");
  const program = ["--import", PRELOAD, PROGRAM, ...toArguments({ port: 0, configuration })];
  const child = spawn(process.execPath, program, {
    // A group of its own: a Ctrl-C in the terminal is for the runner, which then ends it in order.
    detached: true,
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  const leave = () => {
    if (child.connected) child.disconnect();
  };
  signal?.addEventListener("abort", leave, { once: true });
  const ready = await untilReady(child, signal);
  signal?.removeEventListener("abort", leave);
  const control = new Control(child);
  return {
    url: new URL(ready.url),
    description: {
      kind: "local",
      model: configuration.model,
      url: ready.url,
      functionName: configuration.functionName,
      deployment: localDeployment(ready.codeSha256, configuration),
    },
    proves: PROVES.local,
    coldStartAllowanceMs: (stage) => localAllowanceMs(stage, configuration),
    obstacles: async (plan) => localObstacles(plan, configuration),
    cautions: async (plan) => localCautions(plan, configuration),
    recycle: async () => {
      await control.call({ type: "recycle" });
    },
    logs: async (environment) => (await control.call({ type: "logs", environment })).lines,
    isGone: () => !child.connected,
    close: () => close(child),
  };
}

async function untilReady(child: ChildProcess, signal?: AbortSignal): Promise<ReadyMessage> {
  let complaint = "";
  child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
    complaint = (complaint + chunk).slice(-2_000);
  });
  const message = await new Promise<ReadyMessage | FailedMessage>((resolve) => {
    child.once("message", resolve);
    child.once("error", ({ message }) => resolve({ type: "failed", message }));
    child.once("exit", () => {
      resolve({ type: "failed", message: complaint.trim() || "it ended at once" });
    });
  });
  if (message.type === "ready") return message;
  signal?.throwIfAborted();
  throw new ExperimentError(
    `The embedded Lambda did not start: ${message.message}`,
    'Run "npm ci" again and check that the temporary folder can be written to.',
  );
}

/** Ends the embedded Lambda and waits until nothing is left of it. */
async function close(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, "exit");
  if (child.connected) child.disconnect();
  // Its reaper ends the environments of one that has to be killed.
  const timer = setTimeout(() => child.kill("SIGKILL"), CLOSE_MS);
  await exit;
  clearTimeout(timer);
}

/** Matches the answers of the embedded Lambda with what it was asked. */
class Control {
  readonly #child: ChildProcess;
  readonly #open = new Map<number, PromiseWithResolvers<ControlAnswer>>();
  #calls = 0;

  constructor(child: ChildProcess) {
    this.#child = child;
    child.on("message", (message: ChildMessage) => {
      if (message.type !== "answer") return;
      this.#open.get(message.call)?.resolve(message);
      this.#open.delete(message.call);
    });
    child.once("disconnect", () => {
      for (const { reject } of this.#open.values()) reject(gone());
      this.#open.clear();
    });
  }

  call(request: ControlRequest): Promise<ControlAnswer> {
    this.#calls += 1;
    const call = this.#calls;
    if (!this.#child.connected) return Promise.reject(gone());
    const answer = Promise.withResolvers<ControlAnswer>();
    this.#open.set(call, answer);
    this.#child.send({ ...request, call } satisfies ControlCall);
    return answer.promise;
  }
}

function gone(): ExperimentError {
  return new ExperimentError("The embedded Lambda has ended.", "Fire again: it is started anew.");
}
