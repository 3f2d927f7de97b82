/**
 * The model of Lambda Managed Instances: a stated number of environments, started beforehand, whose
 * worker threads each take many requests at once. What no environment can take is throttled: no
 * environment is started for a request, and no timer ends one.
 * https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-execution-environment.html
 *
 * Which of the environments takes a request AWS does not document: that a lot is drawn among those
 * with room is an assumption, see managed-draw.ts.
 */

import { Environment } from "../environment/environment.ts";
import type { ProcessGroups } from "../environment/process-groups.ts";
import type { Task } from "../environment/task.ts";
import type { FunctionConfiguration } from "../function-configuration.ts";
import { createInvocation } from "../function-url/function-url-event.ts";
import type { InvocationResult, UrlRequest } from "../invocation.ts";
import { StartError } from "../start-error.ts";
import { EnvironmentRegistry, type Surroundings } from "./environment-registry.ts";
import type { LogStreamContent } from "./log-streams.ts";
import { ManagedDraw } from "./managed-draw.ts";
import { ManagedStarts } from "./managed-starts.ts";
import type { Pool } from "./pool.ts";
import { seededRandom } from "./random.ts";

export class ManagedPool implements Pool {
  readonly #function: FunctionConfiguration;
  readonly #draw: ManagedDraw;
  readonly #registry: EnvironmentRegistry<Environment>;
  readonly #starts: ManagedStarts;
  /** Environments that take no more requests and end with the last one inside. */
  readonly #retired = new Set<Environment>();
  /** Why the latest environments could not be initialized, until one is. */
  #failure: InvocationResult | undefined;
  #closed = false;

  constructor(
    configuration: FunctionConfiguration,
    task: Task,
    groups: ProcessGroups,
    surroundings: Surroundings,
  ) {
    this.#function = configuration;
    this.#registry = new EnvironmentRegistry(surroundings);
    this.#draw = new ManagedDraw(
      seededRandom(configuration.seed),
      configuration.maxConcurrency,
      () => this.#open(),
    );
    this.#starts = new ManagedStarts(configuration.workers, () => {
      const environment = new Environment(configuration, task, groups, {
        onPoll: (it) => this.#onPoll(it),
        onGone: (it) => this.#onGone(it),
      });
      this.#registry.add(environment);
      return environment;
    });
  }

  get environments(): string[] {
    return this.#registry.ids;
  }

  get polling(): number {
    return this.#open()
      .filter(({ polls }) => polls > 0)
      .filter((it) => this.#draw.hasRoom(it)).length;
  }

  logOf(id: string): readonly string[] {
    return this.#registry.logOf(id);
  }

  streams(): LogStreamContent[] {
    return this.#registry.streams();
  }

  /** Starts all environments; resolves when all of them poll, and fails with the first that cannot. */
  async start(): Promise<void> {
    const starts = this.#starts.startAll(this.#function.environments).map(async (start) => {
      const failure = await start;
      if (failure?.kind !== "error") return;
      const { errorType, errorMessage } = failure;
      throw new StartError("not initialized", { errorType, errorMessage });
    });
    try {
      await Promise.all(starts);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async invoke(request: UrlRequest): Promise<InvocationResult> {
    if (this.#closed) return { kind: "throttled" };
    if (this.#failure && this.#open().length === 0) return this.#failure;
    const created = createInvocation(request);
    if (!created) return { kind: "too-large" };
    void created.over.then(() => this.#endRetired());
    this.#draw.place(created.invocation);
    return created.answered;
  }

  /**
   * Replaces all environments; resolves when the new ones poll, or cannot. Until then nobody takes
   * requests. Those that cannot are started again, later and later.
   */
  async recycle(): Promise<void> {
    if (this.#closed) return;
    for (const environment of this.#registry.all) this.#retired.add(environment);
    this.#failure = undefined;
    const starts = this.#starts.startAll(this.#function.environments);
    const [failures] = await Promise.all([Promise.all(starts), ...this.#endRetired()]);
    this.#failure = failures.find((failure) => failure !== undefined);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#starts.close();
    this.#draw.close();
    await this.#registry.close();
  }

  /** The environments that take requests, whether they poll right now or not. */
  #open(): Environment[] {
    return this.#registry.all.filter((it) => it.isInitialized && !this.#retired.has(it));
  }

  #onPoll(environment: Environment): void {
    this.#registry.booted(environment);
    this.#failure = undefined;
    this.#starts.onPoll(environment);
    this.#draw.deliver(environment);
  }

  /** An environment has ended by itself: what was inside has failed, and another takes its place. */
  #onGone(environment: Environment): void {
    void this.#registry.end(environment);
    if (this.#retired.delete(environment)) this.#starts.forget(environment);
    else this.#starts.replace(environment);
    this.#draw.redraw(environment);
  }

  /** Ends the environments that have finished what they were to finish. */
  #endRetired(): Promise<void>[] {
    const idle = [...this.#retired].filter((environment) => this.#draw.isIdle(environment));
    return idle.map((environment) => {
      this.#retired.delete(environment);
      this.#starts.forget(environment);
      return this.#registry.end(environment);
    });
  }
}
