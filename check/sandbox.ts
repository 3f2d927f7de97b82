/**
 * Serves rounds of events: each in an execution environment of its own, with a folder for temporary
 * files of its own, under AWS's runtime client. Nothing of it outlives the sandbox.
 */

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { openCode } from "../local-lambda/environment/code.ts";
import {
  type EnvironmentPlan,
  EnvironmentProcess,
} from "../local-lambda/environment/environment-process.ts";
import { ProcessGroups } from "../local-lambda/environment/process-groups.ts";
import { RuntimeEnvironment } from "../local-lambda/environment/runtime-environment.ts";
import {
  makeTemporaryFolder,
  prepareTask,
  type Task,
  withPreload,
} from "../local-lambda/environment/task.ts";
import type {
  FunctionCode,
  FunctionConfiguration,
} from "../local-lambda/function-configuration.ts";
import type { InvocationResult } from "../local-lambda/invocation.ts";
import { readableLines } from "../local-lambda/log-printer.ts";
import { StartError } from "../local-lambda/start-error.ts";
import { type Answer, answerOf } from "./answers.ts";
import {
  ROUND_PIPE,
  ROUND_VARIABLE,
  type RoundInstruction,
  type RoundNotice,
} from "./inside/round.ts";

const PRELOAD = fileURLToPath(new URL("inside/preload.ts", import.meta.url));

/** How long a call may settle after its answer, in milliseconds. */
const SETTLE_MS = 200;

/** What is served in one environment. */
export interface Serving {
  /** The events as JSON for a request's id, in the order in which they are handed over. */
  events: readonly ((requestId: string) => string)[];
  /** One after the other, or held until all are there and let go at these times, in milliseconds. */
  letGoAtMs: readonly number[] | "in turn";
  /** Settles by how much the handler's waits end late; absent: they do not. */
  delaySeed: number | undefined;
  /** How long each may take, in milliseconds. */
  limitMs: number;
}

/** One event that was served. */
export interface Served {
  /** Absent: its environment had ended before it could be given the event. */
  answer?: Answer;
  /** How long the handler took, in milliseconds; absent: it never settled, or was never called. */
  tookMs?: number;
  /** Whether the handler let something else go on before it settled. */
  waited: boolean;
  /** The others whose call was under way while its own was, by their place in the serving. */
  overlapped: ReadonlySet<number>;
}

export interface RoundResult {
  /** In the order of the events of the serving. */
  served: readonly Served[];
  /** The most calls that were under way at once. */
  mostAtOnce: number;
  /** Whether one took longer than it may. */
  isLate: boolean;
  /** What was logged, as a person reads it. Requests are known by the ids below. */
  log: readonly string[];
  requestIds: readonly string[];
}

export class Sandbox {
  /** Of the code, in hexadecimal. */
  readonly codeSha256: string;
  readonly #plan: EnvironmentPlan;
  readonly #code: FunctionCode;
  readonly #living = new Set<RoundEnvironment>();
  #isClosed = false;

  private constructor(plan: EnvironmentPlan, code: FunctionCode) {
    this.#plan = plan;
    this.#code = code;
    this.codeSha256 = plan.task.codeSha256;
  }

  /**
   * @throws StartError when the code is not there, or when there is no room for temporary files
   */
  static async open(configuration: FunctionConfiguration, code: FunctionCode): Promise<Sandbox> {
    const folder = makeTemporaryFolder();
    const groups = new ProcessGroups(folder);
    try {
      const prepared = await prepareTask({ ...configuration, code }, folder);
      const task: Task = await withPreload(prepared, PRELOAD);
      return new Sandbox({ configuration, task, groups }, code);
    } catch (error) {
      await groups.close();
      throw error;
    }
  }

  /** Whether the code in the folder is another than at the beginning. */
  async isEdited(): Promise<boolean> {
    return (await openCode(this.#code)).codeSha256 !== this.codeSha256;
  }

  /**
   * Serves events in an environment of their own, which is ended afterwards.
   *
   * @throws StartError when the code cannot be initialized
   */
  async serve(serving: Serving): Promise<RoundResult> {
    const { task, configuration } = this.#plan;
    const temporary = await mkdtemp(join(task.folder, "tmp-"));
    const letGoAtMs = serving.letGoAtMs === "in turn" ? [] : serving.letGoAtMs;
    const { delaySeed } = serving;
    const environment = new RoundEnvironment(
      { ...this.#plan, configuration: { ...configuration, timeoutMs: serving.limitMs } },
      { letGoAtMs, ...(delaySeed !== undefined && { delaySeed }) },
      temporary,
    );
    if (this.#isClosed) return Promise.reject(new Error("the sandbox is closed"));
    this.#living.add(environment);
    try {
      return await serveIn(environment, serving);
    } finally {
      await environment.stop();
      this.#living.delete(environment);
      await rm(temporary, { recursive: true, force: true });
    }
  }

  /** Ends every environment, and removes all of its files. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#living].map((environment) => environment.stop()));
    await this.#plan.groups.close();
  }
}

/** An environment whose runtime holds events, and tells of each call of the handler. */
class RoundEnvironment extends RuntimeEnvironment {
  readonly notices: RoundNotice[] = [];
  /** Resolves when all notices have been read, once its process has ended. */
  noticesRead: Promise<unknown> = Promise.resolve();
  readonly #instruction: RoundInstruction;
  readonly #temporary: string;
  readonly #stopped = Promise.withResolvers<void>();
  #onPoll = Promise.withResolvers<void>();
  #onNotice = () => {};

  constructor(plan: EnvironmentPlan, instruction: RoundInstruction, temporary: string) {
    super(plan, () => this.#onPoll.resolve());
    this.#instruction = instruction;
    this.#temporary = temporary;
  }

  /** Resolves once its runtime asks for an event, to true; or to false once it never will. */
  async untilPolling(): Promise<boolean> {
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

  /** Resolves once so many calls of the handler have settled, or after a moment. */
  async untilSettled(count: number): Promise<void> {
    const late = AbortSignal.timeout(SETTLE_MS);
    const settled = () => this.notices.filter(({ what }) => what === "settled").length;
    while (settled() < count && !late.aborted) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#onNotice = resolve;
      late.addEventListener("abort", () => resolve(), { once: true });
      await promise;
    }
  }

  override async stop(): Promise<void> {
    this.#stopped.resolve();
    await super.stop();
  }

  protected override startProcess(variables: Record<string, string>): EnvironmentProcess {
    const own = {
      ...variables,
      TMPDIR: this.#temporary,
      [ROUND_VARIABLE]: JSON.stringify(this.#instruction),
    };
    const started = new EnvironmentProcess(this.plan, own, this.log, ["pipe"]);
    const pipe = started.output(ROUND_PIPE);
    if (pipe) {
      const lines = createInterface({ input: pipe });
      lines.on("line", (line) => {
        // Code may write to any descriptor that it finds.
        if (!NOTICE.test(line)) return;
        this.notices.push(JSON.parse(line));
        this.#onNotice();
      });
      this.noticesRead = once(lines, "close");
    }
    return started;
  }
}

/** A line that {@link RoundNotice} describes. */
const NOTICE =
  /^\{"requestId":"[0-9a-f-]{36}","what":"(entered|settled)","atMs":[\d.]+(,"waited":(true|false))?\}$/;

/** What the embedded Lambda calls an invocation that took too long. */
const TIMED_OUT = "Sandbox.Timedout";

async function serveIn(environment: RoundEnvironment, serving: Serving): Promise<RoundResult> {
  await environment.start();
  if (!(await environment.untilPolling())) {
    const { errorType, errorMessage } = environment.initError;
    throw new StartError("not initialized", { errorType, errorMessage });
  }
  const requestIds = serving.events.map(() => randomUUID());
  const results: Promise<InvocationResult>[] = [];
  for (const [at, event] of serving.events.entries()) {
    if (!(await environment.untilPolling())) break;
    const requestId = requestIds[at];
    assert(requestId);
    const { promise, resolve } = Promise.withResolvers<InvocationResult>();
    const invocation = { requestId, event: event(requestId), begin: () => {}, end: resolve };
    void environment.serve(invocation);
    results.push(promise);
    if (serving.letGoAtMs === "in turn") await promise;
  }
  const ended = await Promise.all(results);
  // What streams is answered a moment before it settles.
  if (ended.every(({ kind }) => kind === "response")) await environment.untilSettled(ended.length);
  await environment.stop();
  await environment.noticesRead;
  return {
    ...gather(environment.notices, requestIds, ended.map(answerOf)),
    isLate: ended.some((result) => result.kind === "error" && result.errorType === TIMED_OUT),
    log: environment.log.lines.flatMap((line) => readableLines(environment.id, line)),
    requestIds,
  };
}

/** What the notices say, which came in their true order. */
function gather(
  notices: readonly RoundNotice[],
  requestIds: readonly string[],
  answers: readonly Answer[],
): Pick<RoundResult, "served" | "mostAtOnce"> {
  const served = requestIds.map((_, at) => ({
    answer: answers[at],
    enteredMs: 0,
    tookMs: undefined as number | undefined,
    waited: false,
    overlapped: new Set<number>(),
  }));
  const inside = new Set<number>();
  let mostAtOnce = 0;
  for (const { requestId, what, atMs, waited = false } of notices) {
    const at = requestIds.indexOf(requestId);
    const one = served[at];
    assert(one, "a notice is of an event of the round");
    if (what === "entered") {
      for (const other of inside) {
        one.overlapped.add(other);
        served[other]?.overlapped.add(at);
      }
      inside.add(at);
      mostAtOnce = Math.max(mostAtOnce, inside.size);
      one.enteredMs = atMs;
    } else {
      inside.delete(at);
      one.tookMs = atMs - one.enteredMs;
      one.waited = waited;
    }
  }
  return {
    mostAtOnce,
    served: served.map(({ answer, tookMs, waited, overlapped }) => ({
      ...(answer && { answer }),
      ...(tookMs !== undefined && { tookMs }),
      waited,
      overlapped,
    })),
  };
}

/** So many environments are there at a time: most handlers wait most of the time. */
const AT_A_TIME = 2 * availableParallelism();

/**
 * Does one thing for each of a list, some at a time.
 *
 * @returns what they came to, in the order of the list
 */
export async function inParallel<T, R>(
  list: readonly T[],
  act: (one: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const waiting = list.entries();
  const actOnNext = async () => {
    for (const [at, one] of waiting) results[at] = await act(one);
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, actOnNext));
  return results;
}
