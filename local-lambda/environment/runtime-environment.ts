/** An environment whose process runs AWS's runtime client, which polls its Runtime API for work. */

import type { FunctionFailure, Invocation } from "../invocation.ts";
import { Environment } from "./environment.ts";
import { type EnvironmentPlan, EnvironmentProcess } from "./environment-process.ts";
import { RuntimeApi } from "./runtime-api.ts";

export class RuntimeEnvironment extends Environment {
  /** It was given an invocation at some time. */
  hasServed = false;
  protected override readonly missed = "The runtime did not poll";
  readonly #api: RuntimeApi;

  /** @param onPoll called when its runtime polls: it can take one more invocation */
  constructor(plan: EnvironmentPlan, onPoll: () => void) {
    super(plan);
    this.#api = new RuntimeApi(plan.configuration, {
      onPoll: () => {
        if (this.markInitialized()) onPoll();
      },
      onInitError: (failure) => {
        this.initFailure = failure;
      },
    });
  }

  /** Hands an invocation to the runtime, whose poll must be waiting, and sees it to its end. */
  async serve(invocation: Invocation): Promise<void> {
    const { requestId } = invocation;
    const leftMs = this.takeTimeLeftMs();
    this.hasServed = true;
    const timer = setTimeout(() => {
      this.#api.end(requestId, this.timeoutOf(requestId));
      if (this.traits.enforcesTimeout) this.killTimedOut();
    }, leftMs);
    const deadline = Date.now() + leftMs;
    const result = await this.attend(requestId, () => this.#api.deliver(invocation, deadline));
    clearTimeout(timer);
    invocation.end(result);
  }

  protected override logFailure(requestId: string, failure: FunctionFailure): void {
    const { errorType, errorMessage } = failure;
    this.log.platform("runtimeDone", { requestId, status: "error", errorType, errorMessage });
  }

  /** Polls that wait: so many invocations the runtime itself says that it can take. */
  get polls(): number {
    return this.isInitialized ? this.#api.waitingPolls : 0;
  }

  /** An invocation of the on-demand model can be handed to it now. */
  get isFree(): boolean {
    return this.polls > 0 && !this.isRetired;
  }

  /** It has answered all it was given, and its next poll is on the way. */
  get isReturning(): boolean {
    return this.isInitialized && !this.isRetired && this.isIdle && this.polls === 0;
  }

  protected override open(): Promise<string> {
    return this.#api.listen();
  }

  /** @param more pipes, from descriptor 3 on */
  protected override startProcess(
    variables: Record<string, string>,
    more: readonly "pipe"[] = [],
  ): EnvironmentProcess {
    return new EnvironmentProcess(this.plan, variables, this.log, more);
  }

  protected override endInside(failure: FunctionFailure): void {
    this.#api.endAll(failure);
  }

  protected override close(): void {
    this.#api.close();
  }
}
