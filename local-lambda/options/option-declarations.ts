/** The options of the embedded Lambda, with their defaults and limits. */

import { InvalidArgumentError, Option } from "commander";
import {
  AUTHORIZATIONS,
  type FunctionConfiguration,
  INVOKE_MODES,
  MODELS,
} from "../function-configuration.ts";
import { MAX_SIZES } from "./model-options.ts";
import { addVariable, NAMES, named, whole } from "./option-values.ts";

/** All of them, in the order of the help. Those of single models say whose they are. */
export function declareOptions(defaults: FunctionConfiguration): Option[] {
  return [
    whole("--port <port>", "the URL's port; 0 takes any free one", 0, 65_535, 0),
    new Option("--model <model>", "how requests meet processes")
      .choices(MODELS)
      .default(defaults.model),
    new Option("--authorization <mode>", "who may call: everyone, or who signs for AWS")
      .choices(AUTHORIZATIONS)
      .default("NONE"),
    new Option(
      "--invoke-mode <mode>",
      "on-demand, managed-instances: answer all at once, or with bytes as a streaming handler sends them",
    )
      .choices(INVOKE_MODES)
      .default(defaults.invokeMode),
    new Option(
      "--code <folder>",
      "serve the code in a folder (default: this project's handler)",
    ).argParser(folderName),
    new Option("--handler <file.export>", "file and export in that folder").default(
      "index.handler",
    ),
    new Option("--quiet", "do not show what the handler logs"),
    named("--function-name <name>", "its name", NAMES.function, "my-function").default(
      defaults.functionName,
    ),
    named("--function-version <version>", "its version", NAMES.version, "7").default(
      defaults.version,
    ),
    named(
      "--region <region>",
      "where it says that it runs, and what requests are signed for",
      NAMES.region,
      "eu-west-1",
    ).default(defaults.region),
    named(
      "--log-group <name>",
      "its log group (default: /aws/lambda/NAME, or /aws/lambda/web/NAME)",
      NAMES.logGroup,
      "/aws/lambda/my-function",
    ),
    whole(
      "--memory <mb>",
      "memory that is reported, in MB (default: 128, or 2048 with the other models)",
      128,
      32_768,
    ),
    whole(
      "--timeout <s>",
      "function timeout in seconds; with managed-instances the code runs on after it",
      1,
      900,
      defaults.timeoutMs / 1_000,
    ),
    whole(
      "--init-timeout <s>",
      "initialization at the longest (default: AWS's 10, or 130 with managed-instances)",
      1,
      900,
    ),
    whole(
      "--idle-timeout <s>",
      "on-demand, web-function: end idle environments after",
      1,
      86_400,
      defaults.idleTimeoutMs / 1_000,
    ),
    whole(
      "--concurrency-limit <n>",
      "on-demand: answer 429 above",
      1,
      10_000,
      defaults.concurrencyLimit,
    ),
    whole(
      "--environments <n>",
      "managed-instances: environments, started beforehand",
      1,
      MAX_SIZES.environments,
      defaults.environments,
    ),
    whole(
      "--workers <n>",
      "managed-instances: worker threads in each; AWS starts 8 per vCPU",
      1,
      MAX_SIZES.workers,
      defaults.workers,
    ),
    whole(
      "--max-concurrency <n>",
      "managed-instances, web-function: requests at once in one environment",
      1,
      MAX_SIZES.maxConcurrency,
      defaults.maxConcurrency,
    ),
    whole("--max-hold <ms>", "longest hold accepted", 100, 900_000, defaults.maxHoldMs),
    whole(
      "--seed <n>",
      "on-demand, managed-instances: settles which environment takes a request (default: random)",
      0,
      2 ** 31,
    ),
    new Option("--env <name=value>", "set a variable in every environment; may be repeated")
      .argParser(addVariable)
      .default({}, "none"),
  ];
}

function folderName(value: string): string {
  if (value === "") throw new InvalidArgumentError("Name a folder.");
  return value;
}
