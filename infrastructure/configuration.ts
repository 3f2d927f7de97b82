/**
 * Reads the stack's configuration. What AWS would reject is rejected here, before anything is
 * created. Defaults are not repeated: Pulumi.yaml declares them, and Pulumi fills them in.
 */

import { HOLD_LIMITS_MS } from "../handler/contract.ts";

/** A configuration that AWS accepts. Its keys are those that Pulumi.yaml declares. */
export interface Configuration {
  memoryMb: number;
  timeoutSeconds: number;
  architecture: "arm64" | "x86_64";
  /** Longest hold that the deployed handler accepts, in milliseconds. */
  maxHoldMs: number;
  /** Environments reserved for the function; `none` leaves it to the account's shared quota. */
  reservedConcurrency: number | "none";
  /** Reaches the function as an environment variable: its change makes all environments cold. */
  generation: number;
  logRetentionDays: number;
  urlAuthorization: "AWS_IAM" | "NONE";
  namePrefix: string;
}

type Key = keyof Configuration;

export type ParsedConfiguration =
  | { ok: true; configuration: Configuration }
  | { ok: false; message: string };

/** What one key may hold. */
interface Rule<Value> {
  /** Completes "must be". */
  expected: string;
  /** The value, or `undefined` when the text is not allowed. */
  read(text: string): Value | undefined;
  /** An allowed value near to a text that is not. */
  nearest(text: string): Value;
}

/**
 * The periods that CloudWatch Logs offers, in days.
 * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
 */
const RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288,
  3653,
];

/** A function's name has at most 64 characters, and Pulumi's suffix `-1a2b3c4` takes eight. */
const MAX_PREFIX_LENGTH = 64 - 8;

/**
 * Memory, timeout, architecture and name as in
 * https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html, authorization as in
 * https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunctionUrlConfig.html, and reserved
 * concurrency as in https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionConcurrency.html,
 * where the upper limit is the account's. The limits of the hold are those of a plan.
 */
const RULES: { [K in Key]: Rule<Configuration[K]> } = {
  memoryMb: wholeNumber("MB", 128, 10_240),
  timeoutSeconds: wholeNumber("seconds", 1, 900),
  architecture: oneOf(["arm64", "x86_64"]),
  maxHoldMs: wholeNumber("milliseconds", HOLD_LIMITS_MS.min, HOLD_LIMITS_MS.max),
  reservedConcurrency: orNone(wholeNumber("environments", 0)),
  generation: wholeNumber("generations", 0),
  logRetentionDays: oneOf(RETENTION_DAYS),
  urlAuthorization: oneOf(["AWS_IAM", "NONE"]),
  namePrefix: {
    expected: `1 to ${MAX_PREFIX_LENGTH} letters, digits, hyphens or underscores`,
    read: (text) =>
      /^[a-zA-Z0-9_-]+$/.test(text) && text.length <= MAX_PREFIX_LENGTH ? text : undefined,
    nearest: (text) =>
      text.replaceAll(/[^a-zA-Z0-9_-]+/g, "-").slice(0, MAX_PREFIX_LENGTH) || "concurrency-test",
  },
};

/**
 * Reads all keys, and reports everything that is wrong with them at once.
 *
 * @param get gives the text of a key, or `undefined` when it is not set
 * @returns the configuration, or a message with one line per problem: the key, what it must be, and
 * a command that sets it so
 */
export function parseConfiguration(get: (key: Key) => string | undefined): ParsedConfiguration {
  const problems = new Map<Key, string>();

  function read<K extends Key>(key: K): Configuration[K] {
    const rule: Rule<Configuration[K]> = RULES[key];
    const text = get(key);
    const value = text === undefined ? undefined : rule.read(text);
    if (value !== undefined) return value;
    const nearest = rule.nearest(text ?? "");
    const given = text === undefined ? "is not set" : `is ${JSON.stringify(text)}`;
    problems.set(key, `${given} and must be ${rule.expected}; ${remedy(key, nearest)}`);
    // Stands in, so that the other keys are read as well; the configuration is refused anyway.
    return nearest;
  }

  const configuration: Configuration = {
    memoryMb: read("memoryMb"),
    timeoutSeconds: read("timeoutSeconds"),
    architecture: read("architecture"),
    maxHoldMs: read("maxHoldMs"),
    reservedConcurrency: read("reservedConcurrency"),
    generation: read("generation"),
    logRetentionDays: read("logRetentionDays"),
    urlAuthorization: read("urlAuthorization"),
    namePrefix: read("namePrefix"),
  };

  const { timeoutSeconds, maxHoldMs } = configuration;
  const comparable = !problems.has("timeoutSeconds") && !problems.has("maxHoldMs");
  if (comparable && timeoutSeconds * 1_000 <= maxHoldMs) {
    const enough = Math.floor(maxHoldMs / 1_000) + 1;
    problems.set(
      "timeoutSeconds",
      `is ${timeoutSeconds} seconds and must be above the longest hold, ` +
        `maxHoldMs ${maxHoldMs}; ${remedy("timeoutSeconds", enough)}`,
    );
  }

  if (problems.size === 0) return { ok: true, configuration };
  const lines = [...problems].map(([key, problem]) => `  ${key} ${problem}`);
  return { ok: false, message: ["This configuration cannot be deployed:", ...lines].join("\n") };
}

function remedy(key: Key, value: string | number): string {
  return `run: pulumi config set ${key} ${value}`;
}

function wholeNumber(unit: string, min: number, max = Number.MAX_SAFE_INTEGER): Rule<number> {
  const range = max < Number.MAX_SAFE_INTEGER ? `from ${min} to ${max}` : `from ${min} up`;
  return {
    expected: `a whole number of ${unit} ${range}`,
    read(text) {
      const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
      return value >= min && value <= max ? value : undefined;
    },
    nearest: (text) => Math.min(Math.max(Math.round(Number(text)) || min, min), max),
  };
}

function orNone(rule: Rule<number>): Rule<number | "none"> {
  return {
    expected: `none or ${rule.expected}`,
    read: (text) => (text === "none" ? text : rule.read(text)),
    // Never a number: reserving 0 would shut the function off, and any other takes from the account.
    nearest: () => "none",
  };
}

/** Suggests the first value, or of numbers, in ascending order, the nearest below the one given. */
function oneOf<const Value extends string | number>(values: readonly Value[]): Rule<Value> {
  const [first] = values;
  if (first === undefined) throw new Error("a choice needs values");
  return {
    expected: `one of ${values.join(", ")}`,
    read: (text) => values.find((value) => String(value) === text),
    nearest: (text) => values.findLast((value) => Number(value) <= Number(text)) ?? first,
  };
}
