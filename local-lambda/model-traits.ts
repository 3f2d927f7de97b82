/** What the concurrency models ask of an environment, beside who is given which request. */

import type { InitLimit } from "./environment-process.ts";
import type { Model } from "./function-configuration.ts";

export interface ModelTraits {
  /**
   * The variable AWS_LAMBDA_INITIALIZATION_TYPE.
   * https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
   */
  initializationType: string;
  /** A process that ends during an invocation is started again in the same environment. */
  restarts: boolean;
  /** An invocation that takes longer than the function's timeout is ended. */
  enforcesTimeout: boolean;
  /** How long a runtime may take to its first poll, if its initialization is limited. */
  initLimit?: InitLimit;
}

/**
 * On Managed Instances code that exceeds the timeout runs on: only its context tells that its time
 * is over. https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-execution-environment.html
 * There initialization may take 130 seconds or more; here a start that will never end is to be told
 * sooner. That a process which ends takes its environment with it is documented for neither of the two
 * younger models, and assumed.
 */
export const TRAITS: Record<Model, ModelTraits> = {
  "on-demand": { initializationType: "on-demand", restarts: true, enforcesTimeout: true },
  "managed-instances": {
    initializationType: "lambda-managed-instances",
    restarts: false,
    enforcesTimeout: false,
    initLimit: { ms: 10_000, missed: "The runtime did not poll" },
  },
  "web-function": { initializationType: "native-http", restarts: false, enforcesTimeout: true },
};
