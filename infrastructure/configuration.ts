/**
 * Reads the stack's configuration. What AWS would reject is rejected here, before anything is
 * created. Defaults are not repeated: Pulumi.yaml declares them, and Pulumi fills them in.
 */

import { pulumiCommand, pulumiUpWith } from "../basics/printed-commands.ts";
import { HOLD_LIMITS_MS } from "../handler/contract.ts";
import { namePrefix, oneOf, orNone, type Rule, wholeNumber } from "./rules.ts";
import { type Tags, tagsRule } from "./tags.ts";

/** A configuration that AWS accepts. Its keys are those that Pulumi.yaml declares. */
export interface Configuration {
  memoryMb: number;
  timeoutSeconds: number;
  architecture: "arm64" | "x86_64";
  /** Longest hold that the deployed handler accepts, in milliseconds. */
  maxHoldMs: number;
  /** Environments reserved for the function; `none` leaves it to the account's shared quota. */
  reservedConcurrency: number | "none";
  /** Environments that are started beforehand and kept, at a price by the hour. */
  provisionedConcurrency: number | "none";
  /** Reaches the function as an environment variable: its change makes all environments cold. */
  generation: number;
  logRetentionDays: number;
  urlAuthorization: "AWS_IAM" | "NONE";
  namePrefix: string;
  /** The user's own; what is deployed carries the default ones as well. */
  tags: Tags;
}

type Key = keyof Configuration;

export type ParsedConfiguration =
  | { ok: true; configuration: Configuration }
  | { ok: false; message: string };

/**
 * The periods that CloudWatch Logs offers, in days.
 * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
 */
const RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288,
  3653,
];

/**
 * A function's name has at most 64 characters, as has a role's, and Pulumi's suffix `-1a2b3c4` takes
 * eight. A log group's has 512, which its longer suffix of 26 never reaches.
 */
const MAX_PREFIX_LENGTH = 64 - 8;

/**
 * Memory, timeout, architecture and name as in
 * https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html, authorization as in
 * https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunctionUrlConfig.html, and reserved
 * and provisioned concurrency as in
 * https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionConcurrency.html and
 * https://docs.aws.amazon.com/lambda/latest/api/API_PutProvisionedConcurrencyConfig.html, where the
 * upper limit is the account's. The limits of the hold are those of a plan.
 */
const RULES: { [K in Key]: Rule<Configuration[K]> } = {
  memoryMb: wholeNumber("MB", 128, 10_240),
  timeoutSeconds: wholeNumber("seconds", 1, 900),
  architecture: oneOf(["arm64", "x86_64"]),
  maxHoldMs: wholeNumber("milliseconds", HOLD_LIMITS_MS.min, HOLD_LIMITS_MS.max),
  reservedConcurrency: orNone(wholeNumber("environments", 0)),
  provisionedConcurrency: orNone(wholeNumber("environments", 1)),
  generation: wholeNumber("generations", 0),
  logRetentionDays: oneOf(RETENTION_DAYS),
  urlAuthorization: oneOf(["AWS_IAM", "NONE"]),
  namePrefix: namePrefix(MAX_PREFIX_LENGTH),
  tags: tagsRule,
};

/** What two keys may not be together. The first of them is the one to be set right. */
interface Contradiction {
  keys: [Key, Key];
  /**
   * Completes the line that begins with the first key; `undefined` when nothing is wrong.
   *
   * @param stack the one to be set right
   */
  problem(configuration: Configuration, stack: string): string | undefined;
}

const CONTRADICTIONS: Contradiction[] = [
  {
    keys: ["timeoutSeconds", "maxHoldMs"],
    problem({ timeoutSeconds, maxHoldMs }, stack) {
      if (timeoutSeconds * 1_000 > maxHoldMs) return undefined;
      const enough = Math.floor(maxHoldMs / 1_000) + 1;
      return (
        `is ${timeoutSeconds} seconds and must be above the longest hold, ` +
        `maxHoldMs ${maxHoldMs}; ${remedy(stack, "timeoutSeconds", enough)}`
      );
    },
  },
  {
    // https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
    keys: ["provisionedConcurrency", "reservedConcurrency"],
    problem({ provisionedConcurrency: provisioned, reservedConcurrency: reserved }, stack) {
      if (provisioned === "none" || reserved === "none" || provisioned <= reserved)
        return undefined;
      const enough = reserved === 0 ? "none" : reserved;
      const rule =
        reserved === 0
          ? "must be none while reservedConcurrency is 0"
          : `must be at most reservedConcurrency, which is ${reserved}`;
      return `is ${provisioned} and ${rule}; ${inTwoUpdates(stack, reserved, enough)}`;
    },
  },
];

/**
 * Reads all keys, and reports everything that is wrong with them at once.
 *
 * @param get gives the text of a key, or `undefined` when it is not set
 * @param stack whose configuration it is, as commands name it
 * @param given the names of all keys that are set, of which one may be misspelt
 * @returns the configuration, or a message with one line per problem: the key, what it must be, and
 * a command that sets it so
 */
export function parseConfiguration(
  get: (key: Key) => string | undefined,
  stack: string,
  given: readonly string[] = [],
): ParsedConfiguration {
  const problems = new Map<string, string>();

  function read<K extends Key>(key: K): Configuration[K] {
    const rule: Rule<Configuration[K]> = RULES[key];
    const text = get(key);
    const value = text === undefined ? undefined : rule.read(text);
    if (value !== undefined) return value;
    const nearest = rule.nearest(text ?? "");
    const stands = text === undefined ? "is not set" : `is ${JSON.stringify(text)}`;
    const suggestion = rule.write ? rule.write(nearest) : String(nearest);
    problems.set(key, `${stands} and must be ${rule.expected}; ${remedy(stack, key, suggestion)}`);
    // Stands in, so that the other keys are read as well; the configuration is refused anyway.
    return nearest;
  }

  const configuration: Configuration = {
    memoryMb: read("memoryMb"),
    timeoutSeconds: read("timeoutSeconds"),
    architecture: read("architecture"),
    maxHoldMs: read("maxHoldMs"),
    reservedConcurrency: read("reservedConcurrency"),
    provisionedConcurrency: read("provisionedConcurrency"),
    generation: read("generation"),
    logRetentionDays: read("logRetentionDays"),
    urlAuthorization: read("urlAuthorization"),
    namePrefix: read("namePrefix"),
    tags: read("tags"),
  };

  for (const name of given.filter((name) => !Object.hasOwn(RULES, name))) {
    const meant = Object.keys(RULES).find((key) => plainly(key) === plainly(name));
    const hint = meant === undefined ? "" : ` (is ${meant} meant?)`;
    problems.set(
      name,
      `is no setting of this project${hint}; run: ${pulumiCommand(stack, "config rm", name)}`,
    );
  }

  for (const { keys, problem } of CONTRADICTIONS) {
    // A key that is wrong by itself has only a stand-in to compare with.
    if (keys.some((key) => problems.has(key))) continue;
    const found = problem(configuration, stack);
    if (found !== undefined) problems.set(keys[0], found);
  }

  if (problems.size === 0) return { ok: true, configuration };
  const lines = [...problems].map(([key, problem]) => `  ${key} ${problem}`);
  return { ok: false, message: ["This configuration cannot be deployed:", ...lines].join("\n") };
}

function remedy(stack: string, key: Key, value: string | number): string {
  return `run: ${pulumiCommand(stack, `config set ${key}`, value)}`;
}

/**
 * How fewer environments are reserved where more may be provisioned already, which AWS refuses
 * (PutFunctionConcurrency: InvalidParameterValueException) and one update cannot do: the provisioned
 * ones hang on the function, so that its reservation changes first. What is deployed is not known
 * here; without a reservation any number may be lowered. That AWS takes a reservation away from what
 * is provisioned is assumed, since it documents no refusal.
 */
function inTwoUpdates(stack: string, reserved: number, provisioned: number | "none"): string {
  const first = { reservedConcurrency: "none", provisionedConcurrency: provisioned };
  const updates = [first, { reservedConcurrency: reserved }];
  const commands = updates.map((settings) => pulumiUpWith(stack, settings)).join(" && ");
  return `AWS lowers both in two updates only; run: ${commands}`;
}

/** A key as it is read by who does not look at its letters closely. */
function plainly(key: string): string {
  return key.toLowerCase().replaceAll(/[^a-z]/g, "");
}
