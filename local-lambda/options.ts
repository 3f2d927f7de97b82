/** The command line of the embedded Lambda. */

import { Command, Option } from "commander";
import { AUTHORIZATIONS, type Authorization } from "./authorization.ts";
import {
  defaultConfiguration,
  type FunctionConfiguration,
  MODELS,
} from "./function-configuration.ts";
import { addVariable, NAMES, named, whole } from "./option-values.ts";

export interface LocalLambdaOptions {
  port: number;
  configuration: FunctionConfiguration;
  /** Absent: `NONE`. */
  authorization?: Authorization;
}

interface ParsedOptions {
  port: number;
  model: FunctionConfiguration["model"];
  memory: number;
  timeout: number;
  idleTimeout: number;
  concurrencyLimit: number;
  maxHold: number;
  seed: number;
  env: Record<string, string>;
  functionName: string;
  functionVersion: string;
  region: string;
  logGroup?: string;
  code?: string;
  handler: string;
  authorization: Authorization;
}

/** Reads the arguments after the program's name. Wrong ones end the process with a message. */
export function parseOptions(args: readonly string[]): LocalLambdaOptions {
  const defaults = defaultConfiguration();
  const command = new Command("npm run local-lambda --")
    .description("Serves the handler on a Function URL of this machine, in real Node.js processes.")
    .addOption(whole("--port <port>", "the URL's port; 0 takes any free one", 0, 65_535, 0))
    .addOption(
      new Option("--model <model>", "how requests meet processes")
        .choices(MODELS)
        .default(defaults.model),
    )
    .addOption(
      new Option("--authorization <mode>", "who may call: everyone, or who signs for AWS")
        .choices(AUTHORIZATIONS)
        .default("NONE"),
    )
    .addOption(
      new Option("--code <folder>", "serve the code in a folder (default: this project's handler)"),
    )
    .addOption(
      new Option("--handler <file.export>", "file and export in that folder").default(
        "index.handler",
      ),
    )
    .addOption(
      named("--function-name <name>", "its name", NAMES.function, "my-function").default(
        defaults.functionName,
      ),
    )
    .addOption(
      named("--function-version <version>", "its version", NAMES.version, "7").default(
        defaults.version,
      ),
    )
    .addOption(
      named(
        "--region <region>",
        "where it says that it runs, and what requests are signed for",
        NAMES.region,
        "eu-west-1",
      ).default(defaults.region),
    )
    .addOption(
      named(
        "--log-group <name>",
        "its log group (default: /aws/lambda/NAME)",
        NAMES.logGroup,
        "/aws/lambda/my-function",
      ),
    )
    .addOption(
      whole("--memory <mb>", "memory that is reported, in MB", 128, 10_240, defaults.memoryMb),
    )
    .addOption(
      whole("--timeout <s>", "function timeout in seconds", 1, 900, defaults.timeoutMs / 1_000),
    )
    .addOption(
      whole(
        "--idle-timeout <s>",
        "end idle environments after",
        1,
        86_400,
        defaults.idleTimeoutMs / 1_000,
      ),
    )
    .addOption(
      whole("--concurrency-limit <n>", "answer 429 above", 1, 10_000, defaults.concurrencyLimit),
    )
    .addOption(whole("--max-hold <ms>", "longest hold accepted", 100, 900_000, defaults.maxHoldMs))
    .addOption(
      whole(
        "--seed <n>",
        "settles which idle environment takes a request (default: random)",
        0,
        2 ** 31,
      ),
    )
    .addOption(
      new Option("--env <name=value>", "set a variable in every environment; may be repeated")
        .argParser(addVariable)
        .default({}, "none"),
    )
    .helpOption("--help", "show this help")
    .allowExcessArguments(false)
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
    .parse(args, { from: "user" });
  const options = command.opts<ParsedOptions>();
  if (options.code === undefined && command.getOptionValueSource("handler") === "cli") {
    command.error("error: --handler names an export of your own code: add --code FOLDER.");
  }
  return {
    port: options.port,
    authorization: options.authorization,
    configuration: {
      ...defaults,
      model: options.model,
      memoryMb: options.memory,
      timeoutMs: options.timeout * 1_000,
      idleTimeoutMs: options.idleTimeout * 1_000,
      concurrencyLimit: options.concurrencyLimit,
      maxHoldMs: options.maxHold,
      seed: options.seed ?? defaults.seed,
      environmentVariables: options.env,
      functionName: options.functionName,
      version: options.functionVersion,
      region: options.region,
      ...(options.logGroup !== undefined && { logGroupName: options.logGroup }),
      ...(options.code !== undefined && { code: { root: options.code, handler: options.handler } }),
    },
  };
}

/** The arguments that {@link parseOptions} reads back as the same configuration. */
export function toArguments(options: LocalLambdaOptions): string[] {
  const { port, configuration, authorization = "NONE" } = options;
  const { environmentVariables, logGroupName, code } = configuration;
  return [
    ...["--port", String(port)],
    ...["--model", configuration.model],
    ...["--memory", String(configuration.memoryMb)],
    ...["--timeout", String(configuration.timeoutMs / 1_000)],
    ...["--idle-timeout", String(configuration.idleTimeoutMs / 1_000)],
    ...["--concurrency-limit", String(configuration.concurrencyLimit)],
    ...["--max-hold", String(configuration.maxHoldMs)],
    ...["--seed", String(configuration.seed)],
    ...["--authorization", authorization],
    ...["--function-name", configuration.functionName],
    ...["--function-version", configuration.version],
    ...["--region", configuration.region],
    ...(logGroupName === undefined ? [] : ["--log-group", logGroupName]),
    ...(code === undefined ? [] : ["--code", code.root, "--handler", code.handler]),
    ...Object.entries(environmentVariables).flatMap(([name, value]) => [
      "--env",
      `${name}=${value}`,
    ]),
  ];
}
