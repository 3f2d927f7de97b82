/**
 * The configuration of a stack. What AWS would refuse is refused here, before anything is created,
 * with the command that sets it right. Pulumi.yaml declares the same keys and states their defaults.
 */

import { pulumiCommand, pulumiUpWith } from "../basics/printed-commands.ts";
import { HOLD_LIMITS_MS } from "../handler/contract.ts";
import { namePrefix, oneOf, orNone, type Rule, wholeNumber } from "./rules.ts";
import { tagPairs } from "./tags.ts";

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
 * Every key, and what it may be. Memory, timeout, architecture and name follow
 * https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
 */
const RULES = {
  memoryMb: wholeNumber("MB", 128, 10_240),
  timeoutSeconds: wholeNumber("seconds", 1, 900),
  architecture: oneOf(["arm64", "x86_64"]),
  /** The longest hold that the deployed handler accepts, within the limits of a plan. */
  maxHoldMs: wholeNumber("milliseconds", HOLD_LIMITS_MS.min, HOLD_LIMITS_MS.max),
  /**
   * The account has the upper limit.
   * https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionConcurrency.html
   */
  reservedConcurrency: orNone(wholeNumber("environments", 0)),
  /** https://docs.aws.amazon.com/lambda/latest/api/API_PutProvisionedConcurrencyConfig.html */
  provisionedConcurrency: orNone(wholeNumber("environments", 1)),
  /** Reaches the function as an environment variable: its change makes all environments cold. */
  generation: wholeNumber("generations", 0),
  logRetentionDays: oneOf(RETENTION_DAYS),
  /** https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunctionUrlConfig.html */
  urlAuthorization: oneOf(["AWS_IAM", "NONE"]),
  namePrefix: namePrefix(MAX_PREFIX_LENGTH),
  /** The user's own tags; what is deployed carries the default ones as well. */
  tags: tagPairs,
};

type Key = keyof typeof RULES;

/** A configuration that AWS accepts. */
export type Configuration = { [K in Key]: (typeof RULES)[K] extends Rule<infer V> ? V : never };

const KEYS = Object.keys(RULES) as Key[];

/** What two keys may not be together. The first of them is the one to be set right. */
interface Contradiction {
  keys: [Key, Key];
  /** Completes the line that begins with the first key; `undefined` when nothing is wrong. */
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
      if (provisioned === "none" || reserved === "none" || provisioned <= reserved) {
        return undefined;
      }
      return reserved === 0
        ? `is ${provisioned} and must be none while reservedConcurrency is 0; ${inTwoUpdates(stack, 0, "none")}`
        : `is ${provisioned} and must be at most reservedConcurrency, which is ${reserved}; ${inTwoUpdates(stack, reserved, reserved)}`;
    },
  },
];

/** What became of the texts: a configuration, or a message with one line a problem. */
export type ParsedConfiguration =
  | { ok: true; configuration: Configuration }
  | { ok: false; message: string };

/**
 * Reads all keys, and reports everything that is wrong with them at once.
 *
 * @param given the texts of all keys that are set, of which one may be misspelt
 * @param stack whose configuration it is, as commands name it
 */
export function parseConfiguration(
  given: Record<string, string | undefined>,
  stack: string,
): ParsedConfiguration {
  const problems = new Map<string, string>();

  function read(key: Key): unknown {
    const rule: Rule<unknown> = RULES[key];
    const text = given[key];
    const value = text === undefined ? undefined : rule.read(text);
    if (value !== undefined) return value;
    const nearest = rule.nearest(text ?? "");
    const stands = text === undefined ? "is not set" : `is ${JSON.stringify(text)}`;
    const suggestion = rule.write?.(nearest) ?? String(nearest);
    problems.set(key, `${stands} and must be ${rule.expected}; ${remedy(stack, key, suggestion)}`);
    // Stands in, so that the other keys are compared; the configuration is refused anyway.
    return nearest;
  }
  const configuration = Object.fromEntries(KEYS.map((key) => [key, read(key)])) as Configuration;

  for (const name of Object.keys(given).filter((name) => !Object.hasOwn(RULES, name))) {
    const meant = KEYS.find((key) => lettersOf(key) === lettersOf(name));
    const hint = meant === undefined ? "" : ` (is ${meant} meant?)`;
    const removal = pulumiCommand(stack, "config rm", name);
    problems.set(name, `is no setting of this project${hint}; run: ${removal}`);
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

/** A key without what is easily mistaken: its capitals, hyphens and underscores. */
function lettersOf(key: string): string {
  return key.toLowerCase().replaceAll(/[^a-z]/g, "");
}
