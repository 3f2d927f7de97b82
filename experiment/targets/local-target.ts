/** The embedded Lambda, started and ended with the experiment. */

import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import {
  defaultConfiguration,
  type FunctionConfiguration,
} from "../../local-lambda/function-configuration.ts";
import {
  type FailedMessage,
  type LambdaMessage,
  type ReadyMessage,
  type RemoteAnswer,
  type RemoteCall,
  type RemoteRequest,
  writeRemoteArgument,
} from "../../local-lambda/remote.ts";
import { unlessAborted } from "../core/abort.ts";
import { ExperimentError } from "../core/errors.ts";
import type { Target } from "../core/target.ts";
import {
  localAllowanceMs,
  localCautions,
  localDeployment,
  localLackBeforehand,
  localObstacles,
} from "./local-model.ts";

/** Preloaded as by the npm scripts: without what was compiled before, it starts a third later. */
const PRELOAD = new URL("../../preload.js", import.meta.url).href;
const PROGRAM = fileURLToPath(new URL("../../local-lambda/serve.ts", import.meta.url));

/**
 * How long the embedded Lambda may take to end, in milliseconds. Nothing is lost with one that hangs
 * or is slow, and has to be killed: its reaper ends the environments.
 */
const CLOSE_MS = 5_000;
/** How much later its end may be known than what that has done to a connection, in milliseconds. */
const END_MS = 500;

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
  signal?.throwIfAborted();
  const lack = localLackBeforehand(configuration);
  if (lack) throw new ExperimentError("embedded Lambda too large", lack);
  const program = ["--import", PRELOAD, PROGRAM, writeRemoteArgument(configuration)];
  const child = spawn(process.execPath, program, {
    // A group of its own: a Ctrl-C in the terminal is for the runner, which then ends it in order.
    detached: true,
    stdio: ["pipe", "ignore", "pipe", "ipc"],
  });
  const ended = untilEnded(child);
  const leave = () => void close(child, ended);
  signal?.addEventListener("abort", leave, { once: true });
  const ready = await untilReady(child, signal).finally(() => {
    signal?.removeEventListener("abort", leave);
  });
  const remote = new Remote(child);
  const disconnected = new Promise((resolve) => child.once("disconnect", resolve));
  return {
    url: new URL(ready.url),
    description: {
      kind: "local",
      model: configuration.model,
      url: ready.url,
      functionName: configuration.functionName,
      deployment: localDeployment(ready.codeSha256, configuration),
    },
    coldStartAllowanceMs: (stage) => localAllowanceMs(stage, configuration),
    obstacles: async (plan) => localObstacles(plan, configuration),
    cautions: async (plan) => localCautions(plan, configuration),
    recycle: async () => {
      await remote.call({ type: "recycle" });
    },
    logs: async (environment) => (await remote.call({ type: "logs", environment })).lines,
    isGone: () => !child.connected,
    explainEnd: async () => {
      if (child.connected) await unlessAborted(disconnected, AbortSignal.timeout(END_MS));
      return child.connected ? undefined : remote.gone();
    },
    close: () => close(child, ended),
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
  throw new ExperimentError("embedded Lambda not started", { why: message.message });
}

/**
 * Resolves when nothing is left of the embedded Lambda: its reaper, which outlives it by a moment,
 * writes its errors to the same pipe. Node's own `close` does not come after a disconnect.
 */
async function untilEnded(child: ChildProcess): Promise<true> {
  const { stderr } = child;
  await Promise.allSettled([once(child, "exit"), stderr && once(stderr, "close")]);
  return true;
}

/** Ends the embedded Lambda and waits until nothing is left of it. */
async function close(child: ChildProcess, ended: Promise<true>): Promise<void> {
  if (child.connected) child.disconnect();
  if (await unlessAborted(ended, AbortSignal.timeout(CLOSE_MS))) return;
  // It is alone in its group: the reaper and the environments have groups of their own.
  child.kill("SIGKILL");
  await unlessAborted(ended, AbortSignal.timeout(CLOSE_MS));
}

/** Matches the answers of the embedded Lambda with what it was asked. */
class Remote {
  readonly #child: ChildProcess;
  readonly #open = new Map<number, PromiseWithResolvers<RemoteAnswer>>();
  #calls = 0;
  /** Why it ended, as far as it could say. */
  #reason: string | undefined;

  constructor(child: ChildProcess) {
    this.#child = child;
    child.on("message", (message: LambdaMessage) => {
      if (message.type === "failed") this.#reason = message.message;
      if (message.type !== "answer") return;
      const call = this.#open.get(message.call);
      assert(call, "the embedded Lambda answers what it was asked");
      call.resolve(message);
      this.#open.delete(message.call);
    });
    child.once("disconnect", () => {
      for (const { reject } of this.#open.values()) reject(this.gone());
      this.#open.clear();
    });
  }

  call(request: RemoteRequest): Promise<RemoteAnswer> {
    this.#calls += 1;
    const call = this.#calls;
    if (!this.#child.connected) return Promise.reject(this.gone());
    const answer = Promise.withResolvers<RemoteAnswer>();
    this.#open.set(call, answer);
    this.#child.send({ ...request, call } satisfies RemoteCall);
    return answer.promise;
  }

  gone(): ExperimentError {
    return new ExperimentError("embedded Lambda ended", { why: this.#reason });
  }
}
