/**
 * Serves rounds of events: each in an execution environment of its own, with a folder for temporary
 * files of its own. Nothing of it outlives the sandbox.
 */

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { openCode } from "../local-lambda/environment/code.ts";
import type { EnvironmentPlan } from "../local-lambda/environment/environment-process.ts";
import { ProcessGroups } from "../local-lambda/environment/process-groups.ts";
import { makeTemporaryFolder, prepareTask } from "../local-lambda/environment/task.ts";
import type {
  FunctionCode,
  FunctionConfiguration,
} from "../local-lambda/function-configuration.ts";
import {
  type FunctionFailure,
  type InvocationResult,
  REQUEST_TIMEOUT,
} from "../local-lambda/invocation.ts";
import { readableLines } from "../local-lambda/log-printer.ts";
import { answerOf } from "./compare-answers.ts";
import type { CheckEvent } from "./events-file.ts";
import type { RoundNotice } from "./inside/round.ts";
import type { CheckedAnswer } from "./reports/report.ts";
import { additionFor, newEnvironment, type RoundEnvironment } from "./round-environments.ts";

/** What is served in one environment. */
export interface Serving {
  /** Served first, one after the other, and not looked at. */
  before: readonly CheckEvent[];
  /** In the order in which they are handed over. */
  events: readonly CheckEvent[];
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
  answer?: CheckedAnswer;
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
  /** What was logged, as a person reads it. */
  log: readonly string[];
  /** Of the events, and of those that were served before them: how they are known in the log. */
  requestIds: readonly string[];
}

/** The code cannot be initialized: it throws, it ends its process, or it lacks the handler. */
export class CodeDidNotStart extends Error {
  override readonly name = "CodeDidNotStart";
  readonly failure: FunctionFailure;
  /** What was logged until then, as a person reads it. */
  readonly log: readonly string[];

  constructor(failure: FunctionFailure, log: readonly string[]) {
    super(failure.errorMessage);
    this.failure = failure;
    this.log = log;
  }
}

export class Sandbox {
  readonly #plan: EnvironmentPlan;
  readonly #code: FunctionCode;
  readonly #living = new Set<RoundEnvironment>();
  #isClosed = false;

  private constructor(plan: EnvironmentPlan, code: FunctionCode) {
    this.#plan = plan;
    this.#code = code;
  }

  /** Of the code, in hexadecimal. */
  get codeSha256(): string {
    return this.#plan.task.codeSha256;
  }

  /**
   * @throws StartError when the code is not there, or when there is no room for temporary files
   */
  static async open(configuration: FunctionConfiguration, code: FunctionCode): Promise<Sandbox> {
    const folder = makeTemporaryFolder();
    const groups = new ProcessGroups(folder);
    try {
      const addition = additionFor(configuration.model);
      const task = await prepareTask({ ...configuration, code }, folder, addition);
      return new Sandbox({ configuration, task, groups }, code);
    } catch (error) {
      await groups.close();
      throw error;
    }
  }

  /** Whether the code in the folder is another than at the beginning. */
  async isEdited(): Promise<boolean> {
    const now = await openCode(this.#code, this.#plan.configuration.model);
    return now.codeSha256 !== this.codeSha256;
  }

  /**
   * Serves events in an environment of their own, which is ended afterwards.
   *
   * @throws CodeDidNotStart when the code cannot be initialized
   */
  async serve(serving: Serving): Promise<RoundResult> {
    const { task, configuration } = this.#plan;
    const temporary = await mkdtemp(join(task.folder, "tmp-"));
    const { before, events, letGoAtMs, delaySeed } = serving;
    const newIds = (list: readonly unknown[]) => list.map(() => randomUUID());
    const ids = { before: newIds(before), events: newIds(events) };
    const held = letGoAtMs === "in turn" ? [] : letGoAtMs;
    const environment = newEnvironment(
      { ...this.#plan, configuration: { ...configuration, timeoutMs: serving.limitMs } },
      {
        letGoAtMs: Object.fromEntries(held.map((atMs, at) => [ids.events[at], atMs])),
        ...(delaySeed !== undefined && { delaySeed }),
      },
      temporary,
    );
    if (this.#isClosed) throw new Error("the sandbox is closed");
    this.#living.add(environment);
    try {
      return await serveIn(environment, serving, ids);
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

/** What the embedded Lambda calls an invocation, or a request, that took too long. */
const TIMED_OUT: readonly string[] = ["Sandbox.Timedout", REQUEST_TIMEOUT];

/** @param ids of the requests: of what is served before, and of the events */
async function serveIn(
  environment: RoundEnvironment,
  { before, events, letGoAtMs }: Serving,
  ids: { before: readonly string[]; events: readonly string[] },
): Promise<RoundResult> {
  await environment.start();
  if (!(await environment.untilReady())) {
    const failure = environment.initError;
    await environment.stop();
    throw new CodeDidNotStart(failure, logOf(environment));
  }
  const first = await serveAll(environment, before, ids.before, true);
  const ended = await serveAll(environment, events, ids.events, letGoAtMs === "in turn");
  // What streams is answered a moment before it settles.
  if (ended.every(({ kind }) => kind !== "error")) {
    await environment.notices.untilSettled(first.length + ended.length);
  }
  await environment.stop();
  await environment.notices.read;
  return {
    ...readNotices(environment.notices.list, ids.events, ended.map(answerOf)),
    isLate: ended.some((result) => result.kind === "error" && TIMED_OUT.includes(result.errorType)),
    log: logOf(environment),
    requestIds: [...ids.events, ...ids.before],
  };
}

/** Without the environment's label, which says nothing: there is but one. */
function logOf({ id, log }: RoundEnvironment): string[] {
  return log.lines
    .flatMap((line) => readableLines(id, line))
    .map((line) => line.replace(/^[0-9a-f]{8}(?: |$)/, ""));
}

/** Serves events; fewer than there are where the environment ends meanwhile. */
async function serveAll(
  environment: RoundEnvironment,
  events: readonly CheckEvent[],
  requestIds: readonly string[],
  isInTurn: boolean,
): Promise<InvocationResult[]> {
  const results: Promise<InvocationResult>[] = [];
  for (const [at, event] of events.entries()) {
    if (!(await environment.untilReady())) break;
    const requestId = requestIds[at];
    assert(requestId);
    const result = environment.serveEvent(event, requestId);
    results.push(result);
    if (isInTurn) await result;
  }
  return Promise.all(results);
}

/** One call, while the notices of it are read. */
interface Call {
  at: number;
  answer: CheckedAnswer | undefined;
  enteredMs: number;
  tookMs: number | undefined;
  waited: boolean;
  overlapped: Set<number>;
}

/** What the notices say, which came in their true order. */
function readNotices(
  notices: readonly RoundNotice[],
  requestIds: readonly string[],
  answers: readonly CheckedAnswer[],
): Pick<RoundResult, "served" | "mostAtOnce"> {
  const calls = new Map<string, Call>();
  for (const [at, id] of requestIds.entries()) {
    const unknown = { enteredMs: 0, tookMs: undefined, waited: false };
    calls.set(id, { at, answer: answers[at], ...unknown, overlapped: new Set() });
  }
  const inside = new Set<Call>();
  let mostAtOnce = 0;
  for (const { requestId, what, atMs, waited = false } of notices) {
    const call = calls.get(requestId);
    // What was served before.
    if (!call) continue;
    if (what === "entered") {
      for (const other of inside) {
        call.overlapped.add(other.at);
        other.overlapped.add(call.at);
      }
      inside.add(call);
      mostAtOnce = Math.max(mostAtOnce, inside.size);
      call.enteredMs = atMs;
    } else {
      inside.delete(call);
      call.tookMs = atMs - call.enteredMs;
      call.waited = waited;
    }
  }
  const served = [...calls.values()].map(({ answer, tookMs, waited, overlapped }) => ({
    ...(answer && { answer }),
    ...(tookMs !== undefined && { tookMs }),
    waited,
    overlapped,
  }));
  return { mostAtOnce, served };
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
