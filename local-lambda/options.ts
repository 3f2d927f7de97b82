/** The command line of the embedded Lambda. */

import { Command, InvalidArgumentError, Option } from "commander";
import {
  defaultConfiguration,
  type FunctionConfiguration,
  MODELS,
} from "./function-configuration.ts";

export interface LocalLambdaOptions {
  port: number;
  configuration: FunctionConfiguration;
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
  return {
    port: options.port,
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
    },
  };
}

/** The arguments that {@link parseOptions} reads back as the same configuration. */
export function toArguments({ port, configuration }: LocalLambdaOptions): string[] {
  const { environmentVariables } = configuration;
  return [
    ...["--port", String(port)],
    ...["--model", configuration.model],
    ...["--memory", String(configuration.memoryMb)],
    ...["--timeout", String(configuration.timeoutMs / 1_000)],
    ...["--idle-timeout", String(configuration.idleTimeoutMs / 1_000)],
    ...["--concurrency-limit", String(configuration.concurrencyLimit)],
    ...["--max-hold", String(configuration.maxHoldMs)],
    ...["--seed", String(configuration.seed)],
    ...Object.entries(environmentVariables).flatMap(([name, value]) => [
      "--env",
      `${name}=${value}`,
    ]),
  ];
}

function whole(flags: string, description: string, min: number, max: number, fallback?: number) {
  const option = new Option(flags, description).argParser((text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
  });
  return fallback === undefined ? option : option.default(fallback);
}

function addVariable(text: string, known: Record<string, string>): Record<string, string> {
  const [, name, value] = /^([A-Za-z_]\w*)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) {
    throw new InvalidArgumentError("It must look like NAME=value.");
  }
  return { ...known, [name]: value };
}
