/** What the processes of an environment find in their environment variables. */

import { type FunctionConfiguration, logGroupOf } from "./function-configuration.ts";
import type { Task } from "./task.ts";

/**
 * The variables that Lambda reserves, those of the function, and nothing of the user's own.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
 *
 * @param runtimeApi `host:port`
 */
export function environmentVariables(
  configuration: FunctionConfiguration,
  task: Task,
  logStream: string,
  runtimeApi: string,
): Record<string, string> {
  return {
    PATH: "/usr/local/bin:/usr/bin:/bin",
    LANG: "en_US.UTF-8",
    TZ: ":UTC",
    _HANDLER: task.handler,
    LAMBDA_TASK_ROOT: task.root,
    AWS_LAMBDA_RUNTIME_API: runtimeApi,
    AWS_LAMBDA_FUNCTION_NAME: configuration.functionName,
    AWS_LAMBDA_FUNCTION_VERSION: configuration.version,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(configuration.memoryMb),
    AWS_LAMBDA_LOG_GROUP_NAME: logGroupOf(configuration),
    AWS_LAMBDA_LOG_STREAM_NAME: logStream,
    AWS_LAMBDA_LOG_FORMAT: "JSON",
    AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
    AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x",
    AWS_REGION: configuration.region,
    AWS_DEFAULT_REGION: configuration.region,
    MAX_HOLD_MS: String(configuration.maxHoldMs),
    ...configuration.environmentVariables,
  };
}
