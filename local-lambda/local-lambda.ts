/** The embedded Lambda as a whole: a Function URL, a pool of environments, and their end. */

import { ProcessGroups } from "./environment/process-groups.ts";
import { prepareTask, type Task } from "./environment/task.ts";
import { makeTemporaryFolder } from "./environment/temporary-files.ts";
import type { FunctionConfiguration, Model } from "./function-configuration.ts";
import { ManagedPool } from "./pool/managed-pool.ts";
import { OnDemandPool } from "./pool/on-demand-pool.ts";
import type { Pool } from "./pool/pool.ts";
import { WebPool } from "./pool/web-pool.ts";
import type { Authorize } from "./url/authorization.ts";
import { FunctionUrl } from "./url/function-url.ts";

const POOLS: Record<Model, new (...args: ConstructorParameters<typeof OnDemandPool>) => Pool> = {
  "on-demand": OnDemandPool,
  "managed-instances": ManagedPool,
  "web-function": WebPool,
};

export interface StartOptions {
  /** Lets callers in; all of them, when absent. */
  authorize?: Authorize | undefined;
  /** A descriptor that ends with whoever started this process, which ends with it even if it hangs. */
  lifeline?: number | undefined;
}

export class LocalLambda {
  readonly url: URL;
  readonly pool: Pool;
  /** Of the handler that the environments run, in hexadecimal. */
  readonly codeSha256: string;
  readonly #front: FunctionUrl;
  readonly #groups: ProcessGroups;

  private constructor(url: URL, task: Task, front: FunctionUrl, pool: Pool, groups: ProcessGroups) {
    this.url = url;
    this.codeSha256 = task.codeSha256;
    this.pool = pool;
    this.#front = front;
    this.#groups = groups;
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
    { authorize, lifeline }: StartOptions = {},
  ): Promise<LocalLambda> {
    // In one tick with the reaper, which removes it: no signal comes between the two.
    const folder = makeTemporaryFolder();
    const groups = new ProcessGroups(folder, lifeline);
    let pool: Pool | undefined;
    try {
      const task = await prepareTask(configuration, folder);
      const started = new POOLS[configuration.model](configuration, task, groups);
      pool = started;
      await started.start();
      const front = new FunctionUrl((request) => started.invoke(request), authorize);
      const url = await front.listen(port);
      return new LocalLambda(url, task, front, started, groups);
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
