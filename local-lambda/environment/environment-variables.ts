/** What the processes of an environment find in their environment variables. */

import { type FunctionConfiguration, logGroupOf, TRAITS } from "../function-configuration.ts";
import type { Task } from "./task.ts";

/**
 * The variables that Lambda reserves, those of the function, and nothing of the user's own.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
 *
 * A Web Function is told of itself next to nothing: neither its name, nor its memory or log stream.
 * https://docs.aws.amazon.com/lambda/latest/dg/web-functions-revisions-env-vars.html
 *
 * @param address `host:port/key`, where the Runtime API is; or where a Web Function must listen, as
 * web-preload.ts takes it
 */
export function environmentVariables(
  configuration: FunctionConfiguration,
  task: Task,
  logStream: string,
  address: string,
): Record<string, string> {
  const { model, region } = configuration;
  return {
    PATH: "/usr/local/bin:/usr/bin:/bin",
    LANG: "en_US.UTF-8",
    TZ: ":UTC",
    LAMBDA_TASK_ROOT: task.root,
    AWS_LAMBDA_INITIALIZATION_TYPE: TRAITS[model].initializationType,
    AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x",
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    ...(model === "web-function"
      ? { AWS_LAMBDA_HTTP_ENDPOINT: address }
      : runtimeVariables(configuration, task, logStream, address)),
    MAX_HOLD_MS: String(configuration.maxHoldMs),
    ...configuration.environmentVariables,
  };
}

/**
 * What AWS's runtime client reads. That AWS_LAMBDA_MAX_CONCURRENCY is set at all makes it start
 * worker threads which ask for the next invocation before the last one is answered; its value it
 * does not read: how many requests an environment is given at once is for the service to limit.
 */
function runtimeVariables(
  configuration: FunctionConfiguration,
  task: Task,
  logStream: string,
  runtimeApi: string,
): Record<string, string> {
  return {
    _HANDLER: task.entry,
    AWS_LAMBDA_RUNTIME_API: runtimeApi,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(configuration.memoryMb),
    AWS_LAMBDA_LOG_STREAM_NAME: logStream,
    AWS_LAMBDA_FUNCTION_NAME: configuration.functionName,
    AWS_LAMBDA_FUNCTION_VERSION: configuration.version,
    AWS_LAMBDA_LOG_GROUP_NAME: logGroupOf(configuration),
    AWS_LAMBDA_LOG_FORMAT: "JSON",
    ...(configuration.model === "managed-instances" && {
      AWS_LAMBDA_MAX_CONCURRENCY: String(configuration.maxConcurrency),
      AWS_LAMBDA_NODEJS_WORKER_COUNT: String(configuration.workers),
    }),
  };
}
