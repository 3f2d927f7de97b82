/** The embedded Lambda as a whole: a Function URL, a pool of environments, and their end. */

import type { Model } from "../basics/models.ts";
import { CodeEdits, type OnEdit } from "./environment/code.ts";
import { ProcessGroups } from "./environment/process-groups.ts";
import { makeTemporaryFolder, prepareTask, type Task } from "./environment/task.ts";
import type { FunctionConfiguration } from "./function-configuration.ts";
import type { Authorize } from "./function-url/authorization.ts";
import { FunctionUrl } from "./function-url/function-url-server.ts";
import type { InvocationResult, UrlRequest } from "./invocation.ts";
import { ManagedPool } from "./pool/managed-pool.ts";
import { OnDemandPool } from "./pool/on-demand-pool.ts";
import type { Pool, PoolPlan } from "./pool/pool.ts";
import { WebPool } from "./pool/web-pool.ts";
import { lackWords } from "./start-words.ts";

const POOLS: Record<Model, new (plan: PoolPlan) => Pool> = {
  "on-demand": OnDemandPool,
  "managed-instances": ManagedPool,
  "web-function": WebPool,
};

export interface StartOptions {
  /** Lets callers in; all of them, when absent. */
  authorize?: Authorize | undefined;
  /** A descriptor that ends with whoever started this process, which ends with it even if it hangs. */
  lifeline?: number | undefined;
  /** Called with each line that the environments log. */
  onLog?: PoolPlan["onLog"];
  /** Called when the code has been edited, before new environments start. */
  onEdit?: OnEdit | undefined;
}

export class LocalLambda {
  readonly pool: Pool;
  readonly #startSha256: string;
  readonly #groups: ProcessGroups;
  readonly #front: FunctionUrl;
  /** Of code in a folder of the user's: after an edit all environments are new. */
  readonly #edits: CodeEdits | undefined;
  /** The latest replacement of all environments by those of an edit. */
  #replaced: Promise<void> | undefined;

  private constructor(
    configuration: FunctionConfiguration,
    task: Task,
    groups: ProcessGroups,
    { authorize, onLog, onEdit }: StartOptions,
  ) {
    const { root, codeSha256, files } = task;
    const edits =
      files &&
      new CodeEdits({ root, codeSha256, files }, (changed) => {
        onEdit?.(changed);
        this.#replaced = this.pool.recycle();
      });
    this.#startSha256 = codeSha256;
    this.#groups = groups;
    this.#edits = edits;
    this.#front = new FunctionUrl((request) => this.#invoke(request), authorize);
    const codeIsCalm = edits && (() => edits.settle());
    this.pool = new POOLS[configuration.model]({ configuration, task, groups, onLog, codeIsCalm });
  }

  /**
   * Prepares the code, starts what environments the model wants beforehand, and then listens.
   *
   * @param port of the Function URL on loopback; 0 takes any free one
   * @throws StartError when the code is not there or cannot be initialized, when there is no room for
   * temporary files, or when the port cannot be had
   */
  static async start(
    configuration: FunctionConfiguration,
    port: number,
    options: StartOptions = {},
  ): Promise<LocalLambda> {
    // In one tick with the reaper, which removes it: no signal comes between the two.
    const folder = makeTemporaryFolder();
    const groups = new ProcessGroups(folder, options.lifeline);
    let lambda: LocalLambda | undefined;
    try {
      const task = await prepareTask(configuration, folder);
      lambda = new LocalLambda(configuration, task, groups, options);
      await lambda.pool.start();
      await lambda.#front.listen(port);
      return lambda;
    } catch (error) {
      await (lambda ?? groups).close();
      throw error;
    }
  }

  get url(): URL {
    return this.#front.url;
  }

  /** Of the code that serves new requests, in hexadecimal. */
  get codeSha256(): string {
    return this.#edits?.codeSha256 ?? this.#startSha256;
  }

  /** Ends every environment, then the URL, and removes the task's folder. */
  async close(): Promise<void> {
    await this.pool.close();
    this.#front.close();
    await this.#groups.close();
  }

  /** Lets the pool serve a request once no edit of the code is under way. */
  async #invoke(request: UrlRequest): Promise<InvocationResult> {
    if (this.#edits) {
      let replaced: Promise<void> | undefined;
      do {
        await this.#edits.settle();
        replaced = this.#replaced;
        await replaced;
      } while (replaced !== this.#replaced);
      const { lack } = this.#edits;
      if (lack !== undefined) {
        return { kind: "error", errorType: "Sandbox.Failure", errorMessage: lackWords(lack) };
      }
    }
    return this.pool.invoke(request);
  }
}
