/** The embedded Lambda as a whole: a Function URL, a pool of environments, and their end. */

import { CodeEdits, type OnEdit } from "./environment/code.ts";
import { ProcessGroups } from "./environment/process-groups.ts";
import { makeTemporaryFolder, prepareTask, type Task } from "./environment/task.ts";
import type { FunctionConfiguration, Model } from "./function-configuration.ts";
import { ManagedPool } from "./pool/managed-pool.ts";
import { OnDemandPool } from "./pool/on-demand-pool.ts";
import type { Pool, PoolPlan } from "./pool/pool.ts";
import { WebPool } from "./pool/web-pool.ts";
import type { Authorize } from "./url/authorization.ts";
import { FunctionUrl } from "./url/function-url.ts";
import type { UrlRequest } from "./url/function-url-event.ts";
import type { InvocationResult } from "./url/invocation.ts";

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
  readonly url: URL;
  readonly pool: Pool;
  readonly #service: Service;
  readonly #front: FunctionUrl;
  readonly #groups: ProcessGroups;

  private constructor(url: URL, service: Service, front: FunctionUrl, groups: ProcessGroups) {
    this.url = url;
    this.pool = service.pool;
    this.#service = service;
    this.#front = front;
    this.#groups = groups;
  }

  /** Of the code that serves new requests, in hexadecimal. */
  get codeSha256(): string {
    return this.#service.codeSha256;
  }

  /**
   * Prepares the code, starts what environments the model wants beforehand, and then listens.
   *
   * @param port of the Function URL on loopback; 0 takes any free one
   * @throws StartError when the configured code is not there or cannot be initialized, or there is no
   * room for temporary files, and the system's error when the port is taken
   */
  static async start(
    configuration: FunctionConfiguration,
    port: number,
    { authorize, lifeline, onLog, onEdit }: StartOptions = {},
  ): Promise<LocalLambda> {
    // In one tick with the reaper, which removes it: no signal comes between the two.
    const folder = makeTemporaryFolder();
    const groups = new ProcessGroups(folder, lifeline);
    let pool: Pool | undefined;
    try {
      const task = await prepareTask(configuration, folder);
      const service = new Service(configuration, task, groups, { onLog, onEdit });
      pool = service.pool;
      await pool.start();
      const front = new FunctionUrl((request) => service.invoke(request), authorize);
      const url = await front.listen(port);
      return new LocalLambda(url, service, front, groups);
    } catch (error) {
      await pool?.close();
      await groups.close();
      throw error;
    }
  }

  /** Ends every environment, then the URL, and removes the task's folder. */
  async close(): Promise<void> {
    await this.pool.close();
    this.#front.close();
    await this.#groups.close();
  }
}

/** A pool of environments, and the code that they run: after an edit, all of them are new. */
class Service {
  readonly pool: Pool;
  readonly #task: Task;
  readonly #edits: CodeEdits | undefined;
  /** The latest replacement of all environments by those of an edit. */
  #replaced: Promise<void> | undefined;

  constructor(
    configuration: FunctionConfiguration,
    task: Task,
    groups: ProcessGroups,
    { onLog, onEdit }: Pick<StartOptions, "onLog" | "onEdit">,
  ) {
    const { root, codeSha256, files } = task;
    this.#task = task;
    const edits =
      files &&
      new CodeEdits({ root, codeSha256, files }, (changed) => {
        onEdit?.(changed);
        this.#replaced = this.pool.recycle();
      });
    this.#edits = edits;
    const codeIsCalm = edits && (() => edits.settle());
    this.pool = new POOLS[configuration.model]({ configuration, task, groups, onLog, codeIsCalm });
  }

  get codeSha256(): string {
    return this.#edits?.codeSha256 ?? this.#task.codeSha256;
  }

  async invoke(request: UrlRequest): Promise<InvocationResult> {
    if (this.#edits) {
      let replaced: Promise<void> | undefined;
      do {
        await this.#edits.settle();
        replaced = this.#replaced;
        await replaced;
      } while (replaced !== this.#replaced);
      const { lack } = this.#edits;
      if (lack !== undefined) {
        return { kind: "error", errorType: "Sandbox.Failure", errorMessage: lack };
      }
    }
    return this.pool.invoke(request);
  }
}
