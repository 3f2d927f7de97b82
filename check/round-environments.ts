/** Execution environments that hold the events of a round, and tell of each that is served. */

import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Model } from "../basics/models.ts";
import type { Environment } from "../local-lambda/environment/environment.ts";
import type {
  EnvironmentPlan,
  EnvironmentProcess,
} from "../local-lambda/environment/environment-process.ts";
import { RuntimeEnvironment } from "../local-lambda/environment/runtime-environment.ts";
import type { Addition } from "../local-lambda/environment/task.ts";
import { WebEnvironment } from "../local-lambda/environment/web-environment.ts";
import type { InvocationResult } from "../local-lambda/invocation.ts";
import type { CheckEvent } from "./events-file.ts";
import { ROUND_VARIABLE, type RoundInstruction, type RoundNotice } from "./inside/round.ts";

/** How long a call may settle after its answer, in milliseconds. */
const SETTLE_MS = 200;

/** What an environment is told of its round, but for the descriptor of the pipe. */
export type Instruction = Omit<RoundInstruction, "pipe">;

export interface RoundEnvironment
  extends Pick<Environment, "id" | "log" | "initError" | "start" | "stop"> {
  readonly notices: Notices;
  /** Resolves once it can be given an event, to true; or to false once it never will. */
  untilReady(): Promise<boolean>;
  /** Gives it an event; resolves to the answer, and never rejects. */
  serveEvent(event: CheckEvent, requestId: string): Promise<InvocationResult>;
}

/** @param temporary the folder for the temporary files of its code */
export function newEnvironment(
  plan: EnvironmentPlan,
  instruction: Instruction,
  temporary: string,
): RoundEnvironment {
  const isWeb = plan.configuration.model === "web-function";
  return new (isWeb ? ServerInRound : HandlerInRound)(plan, instruction, temporary);
}

/** The two calls of a handler in AWS's client, of one that answers and of one that streams, begin so. */
const HANDLER_CALL = "this.handler(event, ";
const NOTED_CALL = "added.callNoted(this.handler, context.awsRequestId, event, ";

/** What is added to the program of such an environment. */
export function additionFor(model: Model): Addition {
  if (model === "web-function") return { module: inside("server-round.ts") };
  const replacements = [[HANDLER_CALL, NOTED_CALL]] as const;
  return { module: inside("handler-round.ts"), replacements };
}

function inside(name: string): string {
  return fileURLToPath(new URL(`inside/${name}`, import.meta.url));
}

/** Under AWS's runtime client. */
class HandlerInRound extends RuntimeEnvironment implements RoundEnvironment {
  readonly notices = new Notices();
  readonly #own: Record<string, string>;
  readonly #stopped = Promise.withResolvers<void>();
  #onPoll = Promise.withResolvers<void>();

  constructor(plan: EnvironmentPlan, instruction: Instruction, temporary: string) {
    super(plan, () => this.#onPoll.resolve());
    this.#own = variablesOf({ ...instruction, pipe: 3 }, temporary);
  }

  async untilReady(): Promise<boolean> {
    let isGone = false;
    const gone = Promise.race([this.gone, this.#stopped.promise]).then(() => {
      isGone = true;
    });
    while (this.polls === 0 && !isGone) {
      this.#onPoll = Promise.withResolvers();
      await Promise.race([this.#onPoll.promise, gone]);
    }
    return !isGone;
  }

  async serveEvent(event: CheckEvent, requestId: string): Promise<InvocationResult> {
    const { promise, resolve: end } = Promise.withResolvers<InvocationResult>();
    void this.serve({ requestId, event: event.json(requestId), begin: () => {}, end });
    return promise;
  }

  override async stop(): Promise<void> {
    this.#stopped.resolve();
    await super.stop();
  }

  protected override startProcess(variables: Record<string, string>): EnvironmentProcess {
    const started = super.startProcess({ ...variables, ...this.#own }, ["pipe"]);
    this.notices.follow(started.output(3));
    return started;
  }
}

/** A server, to which the requests are sent. */
class ServerInRound extends WebEnvironment implements RoundEnvironment {
  readonly notices = new Notices();
  readonly #own: Record<string, string>;

  constructor(plan: EnvironmentPlan, instruction: Instruction, temporary: string) {
    super(plan);
    this.#own = variablesOf({ ...instruction, pipe: 4 }, temporary);
  }

  async untilReady(): Promise<boolean> {
    // An end that an answer told of is noticed a moment later.
    await nextTurn();
    return this.room > 0;
  }

  serveEvent(event: CheckEvent, requestId: string): Promise<InvocationResult> {
    return this.serve(event.request(requestId));
  }

  protected override startProcess(variables: Record<string, string>): EnvironmentProcess {
    const started = super.startProcess({ ...variables, ...this.#own }, ["pipe"]);
    this.notices.follow(started.output(4));
    return started;
  }
}

function variablesOf(instruction: RoundInstruction, temporary: string): Record<string, string> {
  return { TMPDIR: temporary, [ROUND_VARIABLE]: JSON.stringify(instruction) };
}

/** A line that {@link RoundNotice} describes. */
const NOTICE =
  /^\{"requestId":"[0-9a-f-]{36}","what":"(entered|settled)","atMs":[\d.]+(,"waited":(true|false))?\}$/;

/** What a process tells of its round. */
class Notices {
  /** In their true order. */
  readonly list: RoundNotice[] = [];
  #read: Promise<unknown> = Promise.resolve();
  #onNotice = () => {};

  /** @param pipe absent where the system refused to start the process */
  follow(pipe: Readable | undefined): void {
    if (!pipe) return;
    const lines = createInterface({ input: pipe });
    lines.on("line", (line) => {
      // Code may write to any descriptor that it finds.
      if (!NOTICE.test(line)) return;
      this.list.push(JSON.parse(line));
      this.#onNotice();
    });
    this.#read = once(lines, "close");
  }

  /** Resolves when all have been read, once the process has ended. */
  get read(): Promise<unknown> {
    return this.#read;
  }

  /** Resolves once so many requests have settled, or after a moment. */
  async untilSettled(count: number): Promise<void> {
    const late = AbortSignal.timeout(SETTLE_MS);
    const settled = () => this.list.filter(({ what }) => what === "settled").length;
    while (settled() < count && !late.aborted) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#onNotice = resolve;
      late.addEventListener("abort", () => resolve(), { once: true });
      await promise;
    }
  }
}
