/** The command line of the embedded Lambda. */

import { InvalidArgumentError, Option } from "commander";
import { createCommand, parseArguments } from "../basics/command-line.ts";
import { MODELS, MOST_AT_ONCE, MOST_WORKERS, type Model } from "../basics/models.ts";
import {
  AUTHORIZATIONS,
  type Authorization,
  defaultConfiguration,
  type FunctionConfiguration,
  INVOKE_MODES,
} from "./function-configuration.ts";

export interface LocalLambdaOptions {
  port: number;
  authorization: Authorization;
  /** Whether what the handler logs is left out of what is printed. */
  quiet: boolean;
  configuration: FunctionConfiguration;
}

/** The parts of a configuration that only some models have, and the option of each. */
export const MODEL_OPTIONS = {
  invokeMode: { option: "--invoke-mode", models: ["on-demand", "managed-instances"] },
  idleTimeoutMs: { option: "--idle-timeout", models: ["on-demand", "web-function"] },
  concurrencyLimit: { option: "--concurrency-limit", models: ["on-demand"] },
  environments: { option: "--environments", models: ["managed-instances"] },
  workers: { option: "--workers", models: ["managed-instances"] },
  maxConcurrency: { option: "--max-concurrency", models: ["managed-instances", "web-function"] },
  seed: { option: "--seed", models: ["on-demand", "managed-instances"] },
} as const satisfies Partial<
  Record<keyof FunctionConfiguration, { option: string; models: readonly Model[] }>
>;

type ModelOption = keyof typeof MODEL_OPTIONS;

/** What the help says of an option: which models have it, and what it is for. */
export function optionMeaning(name: ModelOption, words: string): string {
  return `${MODEL_OPTIONS[name].models.join(", ")}: ${words}`;
}

/** The most that the sizes of a model may be. */
export const MAX_SIZES = {
  environments: 1_000,
  workers: MOST_WORKERS,
  maxConcurrency: MOST_AT_ONCE["managed-instances"],
} as const;

/** Options take seconds, and a configuration has milliseconds. */
const SECOND = 1_000;

const DEFAULTS = defaultConfiguration();

/** The options of single fields, in the order of the help. */
const FIELDS = {
  model: choice("--model <model>", "how requests meet processes", MODELS, DEFAULTS.model),
  invokeMode: choice(
    "--invoke-mode <mode>",
    optionMeaning(
      "invokeMode",
      "answer all at once, or with bytes as a streaming handler sends them",
    ),
    INVOKE_MODES,
    DEFAULTS.invokeMode,
  ),
  // The forms are those that AWS gives to names: https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
  functionName: named("--function-name <name>", "its name", /^[\w-]{1,64}$/, "my-function").default(
    DEFAULTS.functionName,
  ),
  version: named(
    "--function-version <version>",
    "its version",
    /^(\$LATEST|[1-9]\d{0,9})$/,
    "7",
  ).default(DEFAULTS.version),
  region: named(
    "--region <region>",
    "where it says that it runs, and what requests are signed for",
    /^[a-z][a-z0-9-]{0,40}$/,
    "eu-west-1",
  ).default(DEFAULTS.region),
  logGroupName: named(
    "--log-group <name>",
    "its log group (default: /aws/lambda/NAME, or /aws/lambda/web/NAME)",
    /^[\w./#-]{1,512}$/,
    "/aws/lambda/my-function",
  ),
  memoryMb: whole(
    "--memory <mb>",
    "memory that is reported, in MB (default: 128, or 2048 with the other models)",
    [128, 32_768],
  ),
  timeoutMs: whole(
    "--timeout <s>",
    "function timeout in seconds; with managed-instances the code runs on after it",
    [1, 900],
    DEFAULTS.timeoutMs,
    SECOND,
  ),
  initTimeoutMs: whole(
    "--init-timeout <s>",
    "initialization at the longest (default: AWS's 10, or 130 with managed-instances)",
    [1, 900],
    undefined,
    SECOND,
  ),
  idleTimeoutMs: whole(
    "--idle-timeout <s>",
    optionMeaning("idleTimeoutMs", "end idle environments after"),
    [1, 86_400],
    DEFAULTS.idleTimeoutMs,
    SECOND,
  ),
  concurrencyLimit: whole(
    "--concurrency-limit <n>",
    optionMeaning("concurrencyLimit", "answer 429 above"),
    [1, 10_000],
    DEFAULTS.concurrencyLimit,
  ),
  environments: whole(
    "--environments <n>",
    optionMeaning("environments", "environments, started beforehand"),
    [1, MAX_SIZES.environments],
    DEFAULTS.environments,
  ),
  workers: whole(
    "--workers <n>",
    optionMeaning("workers", "worker threads in each; AWS starts 8 per vCPU"),
    [1, MAX_SIZES.workers],
    DEFAULTS.workers,
  ),
  maxConcurrency: whole(
    "--max-concurrency <n>",
    optionMeaning("maxConcurrency", "requests at once in one environment"),
    [1, MAX_SIZES.maxConcurrency],
    DEFAULTS.maxConcurrency,
  ),
  maxHoldMs: whole("--max-hold <ms>", "longest hold accepted", [100, 900_000], DEFAULTS.maxHoldMs),
  seed: whole(
    "--seed <n>",
    optionMeaning("seed", "settles which environment takes a request (default: random)"),
    [0, 2 ** 31],
  ),
  environmentVariables: variablesOption(),
} satisfies Partial<Record<keyof FunctionConfiguration, Option>>;

/** Reads the arguments after the program's name. Wrong ones end the process with a message. */
export function parseLambdaOptions(args: readonly string[]): LocalLambdaOptions {
  const command = createCommand(
    "local-lambda",
    "Serves the handler on a Function URL of this machine, in real Node.js processes.",
  )
    .addOption(whole("--port <port>", "the URL's port; 0 takes any free one", [0, 65_535], 0))
    .addOption(
      choice(
        "--authorization <mode>",
        "who may call: everyone, or those who sign for AWS",
        AUTHORIZATIONS,
        "NONE",
      ),
    )
    .option("--quiet", "do not show what the handler logs", false)
    .addOption(codeOption("serve the code in a folder (default: this project's handler)"))
    .option(
      "--handler <name>",
      "file and export in that folder (default: index.handler); " +
        "of a web-function the file of its server (default: index.js)",
    );
  for (const option of Object.values(FIELDS)) command.addOption(option);
  const { port, authorization, quiet, code, handler } = parseArguments(command, args).opts<
    Omit<LocalLambdaOptions, "configuration"> & { code?: string; handler?: string }
  >();
  const isGiven = (name: string) => command.getOptionValueSource(name) === "cli";
  if (code === undefined && handler !== undefined) {
    command.error("error: --handler names a part of your own code: add --code FOLDER.");
  }
  const given: Partial<FunctionConfiguration> = Object.fromEntries(
    Object.entries(FIELDS)
      .map(([field, option]) => [field, option.attributeName()] as const)
      .filter(([, name]) => isGiven(name))
      .map(([field, name]) => [field, command.getOptionValue(name)]),
  );
  const defaults = defaultConfiguration(given.model);
  const misplaced = misplacedOption(defaults.model, given);
  if (misplaced !== undefined) command.error(`error: ${misplaced}`);
  const configuration = { ...defaults, ...given };
  if (code !== undefined) {
    configuration.code = { root: code, handler: handler ?? defaultHandler(configuration) };
  }
  return { port, authorization, quiet, configuration };
}

/**
 * What AWS calls where nothing else is named.
 * https://docs.aws.amazon.com/lambda/latest/dg/web-functions-runtimes.html
 */
export function defaultHandler({ model, environmentVariables }: FunctionConfiguration): string {
  if (model !== "web-function") return "index.handler";
  return environmentVariables.AWS_LAMBDA_NODEJS_ENTRYPOINT ?? "index.js";
}

/**
 * What is wrong with options that were given together with a model.
 *
 * @returns one sentence that says what to do instead, or `undefined`
 */
export function misplacedOption(
  model: Model,
  given: Partial<FunctionConfiguration>,
): string | undefined {
  for (const name of Object.keys(MODEL_OPTIONS) as ModelOption[]) {
    const { option, models } = MODEL_OPTIONS[name];
    if (given[name] === undefined || (models as readonly Model[]).includes(model)) continue;
    return `${option} is an option of ${models.join(" and ")}: leave it out with --model ${model}.`;
  }
  const { maxConcurrency } = given;
  const most = MOST_AT_ONCE["web-function"];
  const isTooMuch = maxConcurrency !== undefined && maxConcurrency > most;
  return model === "web-function" && isTooMuch
    ? `--max-concurrency of web-function is at most ${most}.`
    : undefined;
}

/**
 * An option that takes a whole number within limits.
 *
 * @param unit what each of the whole numbers stands for in the value, and in `fallback`
 */
export function whole(
  flags: string,
  description: string,
  [min, max]: readonly [min: number, max: number],
  fallback?: number,
  unit = 1,
): Option {
  const option = new Option(flags, description).argParser((text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value * unit;
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
  });
  return fallback === undefined ? option : option.default(fallback, String(fallback / unit));
}

function choice(flags: string, description: string, choices: readonly string[], fallback: string) {
  return new Option(flags, description).choices(choices).default(fallback);
}

function named(flags: string, description: string, form: RegExp, example: string): Option {
  return new Option(flags, description).argParser((text) => {
    if (form.test(text)) return text;
    throw new InvalidArgumentError(`It must look like ${example}.`);
  });
}

/** `--env`, which gathers variables by their names. */
export function variablesOption(): Option {
  return new Option("--env <name=value>", "set a variable in every environment; may be repeated")
    .argParser(addVariable)
    .default({}, "none");
}

/** `--code`, which names a folder. */
export function codeOption(description: string): Option {
  return new Option("--code <folder>", description).argParser(folderName);
}

/** Adds one `NAME=value`, of an option that may be repeated, to those before it. */
function addVariable(text: string, known: Record<string, string>): Record<string, string> {
  const [, name, value] = /^([A-Za-z_]\w*)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) {
    throw new InvalidArgumentError("It must look like NAME=value.");
  }
  return { ...known, [name]: value };
}

function folderName(value: string): string {
  if (value === "") throw new InvalidArgumentError("Name a folder.");
  return value;
}
