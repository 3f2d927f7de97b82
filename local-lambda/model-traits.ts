/** What the concurrency models ask of an environment, beside who is given which request. */

import type { Model } from "./function-configuration.ts";

export interface ModelTraits {
  /**
   * The variable AWS_LAMBDA_INITIALIZATION_TYPE.
   * https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
   */
  initializationType: string;
  /** A process that ends during an invocation is started again in the same environment. */
  restarts: boolean;
  /** The code of an invocation that takes longer than the function's timeout is ended. */
  enforcesTimeout: boolean;
}

/**
 * On Managed Instances the caller hears of a timeout, but the code runs on: its context tells that
 * its time is over. https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-execution-environment.html
 * That its place is free for another request from then on is an assumption. That a process which ends
 * takes its environment with it is documented for neither of the two younger models, and assumed.
 */
export const TRAITS: Record<Model, ModelTraits> = {
  "on-demand": { initializationType: "on-demand", restarts: true, enforcesTimeout: true },
  "managed-instances": {
    initializationType: "lambda-managed-instances",
    restarts: false,
    enforcesTimeout: false,
  },
  "web-function": { initializationType: "native-http", restarts: false, enforcesTimeout: true },
};
