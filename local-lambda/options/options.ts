/** The command line of the embedded Lambda. */

import { Command } from "commander";
import {
  type Authorization,
  defaultConfiguration,
  type FunctionConfiguration,
  type InvokeMode,
} from "../function-configuration.ts";
import {
  belongsTo,
  type GivenOptions,
  MODEL_OPTIONS,
  type ModelOption,
  misplacedOption,
} from "./model-options.ts";
import { declareOptions } from "./option-declarations.ts";

export interface LocalLambdaOptions {
  port: number;
  configuration: FunctionConfiguration;
  /** Absent: `NONE`. */
  authorization?: Authorization;
  /** Whether what the handler logs is left out of what is printed. */
  quiet?: boolean;
}

interface ParsedOptions {
  port: number;
  model: FunctionConfiguration["model"];
  memory?: number;
  timeout: number;
  initTimeout?: number;
  idleTimeout: number;
  concurrencyLimit: number;
  environments: number;
  workers: number;
  maxConcurrency: number;
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
  invokeMode: InvokeMode;
  quiet?: boolean;
}

/** Reads the arguments after the program's name. Wrong ones end the process with a message. */
export function parseOptions(args: readonly string[]): LocalLambdaOptions {
  const command = new Command("npm run local-lambda --")
    .description("Serves the handler on a Function URL of this machine, in real Node.js processes.")
    .helpOption("--help", "show this help")
    .allowExcessArguments(false)
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2));
  for (const option of declareOptions(defaultConfiguration())) command.addOption(option);
  const options = command.parse(args, { from: "user" }).opts<ParsedOptions>();
  const defaults = defaultConfiguration(options.model);
  if (options.code === undefined && command.getOptionValueSource("handler") === "cli") {
    command.error("error: --handler names an export of your own code: add --code FOLDER.");
  }
  const misplaced = misplacedOption(options.model, givenOptions(command));
  if (misplaced !== undefined) command.error(`error: ${misplaced}`);
  return {
    port: options.port,
    authorization: options.authorization,
    ...(options.quiet && { quiet: true }),
    configuration: {
      ...defaults,
      model: options.model,
      memoryMb: options.memory ?? defaults.memoryMb,
      timeoutMs: options.timeout * 1_000,
      idleTimeoutMs: options.idleTimeout * 1_000,
      concurrencyLimit: options.concurrencyLimit,
      environments: options.environments,
      workers: options.workers,
      maxConcurrency: options.maxConcurrency,
      maxHoldMs: options.maxHold,
      seed: options.seed ?? defaults.seed,
      invokeMode: options.invokeMode,
      environmentVariables: options.env,
      functionName: options.functionName,
      version: options.functionVersion,
      region: options.region,
      ...(options.initTimeout !== undefined && { initTimeoutMs: options.initTimeout * 1_000 }),
      ...(options.logGroup !== undefined && { logGroupName: options.logGroup }),
      ...(options.code !== undefined && { code: { root: options.code, handler: options.handler } }),
    },
  };
}

/** The options of single models that stand on the command line. */
function givenOptions(command: Command): GivenOptions {
  const given = (Object.keys(MODEL_OPTIONS) as ModelOption[]).flatMap((name) => {
    const declared = command.options.find(({ long }) => long === MODEL_OPTIONS[name].option);
    const attribute = declared?.attributeName() ?? "";
    const isGiven = command.getOptionValueSource(attribute) === "cli";
    return isGiven ? [[name, command.opts()[attribute]]] : [];
  });
  return Object.fromEntries(given);
}

/**
 * The arguments that {@link parseOptions} reads back as the same configuration, as far as its model
 * goes: what belongs to other models only is left out.
 */
export function toArguments(options: LocalLambdaOptions): string[] {
  const { port, configuration, authorization = "NONE", quiet = false } = options;
  const { environmentVariables, initTimeoutMs, logGroupName, code } = configuration;
  return [
    ...["--port", String(port)],
    ...["--model", configuration.model],
    ...["--memory", String(configuration.memoryMb)],
    ...["--timeout", String(configuration.timeoutMs / 1_000)],
    ...(initTimeoutMs === undefined ? [] : ["--init-timeout", String(initTimeoutMs / 1_000)]),
    ...["--max-hold", String(configuration.maxHoldMs)],
    ...modelArguments(configuration),
    ...["--authorization", authorization],
    ...(quiet ? ["--quiet"] : []),
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

function modelArguments(configuration: FunctionConfiguration): string[] {
  const names = Object.keys(MODEL_OPTIONS) as ModelOption[];
  return names
    .filter((name) => belongsTo(name, configuration.model))
    .flatMap((name) => {
      const given =
        name === "idleTimeoutMs" ? configuration.idleTimeoutMs / 1_000 : configuration[name];
      return [MODEL_OPTIONS[name].option, String(given)];
    });
}
