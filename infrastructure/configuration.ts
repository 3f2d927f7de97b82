/**
 * The configuration of a stack. What AWS would refuse is refused here, before anything is created,
 * with the command that sets it right. Pulumi.yaml declares the same keys and states their defaults.
 */

import assert from "node:assert/strict";
import { MODELS, MOST_AT_ONCE, MOST_WORKERS, type Model } from "../basics/models.ts";
import { pulumiCommand, pulumiUpWith } from "../basics/printed-commands.ts";
import { HOLD_LIMITS_MS } from "../handler/contract.ts";
import {
  fitsInstance,
  type InstanceType,
  instancesFor,
  managedUsdPerHour,
  parseInstanceType,
} from "../pricing/managed-instances.ts";
import { identifiers, namePrefix, oneOf, orNone, type Rule, someOf, wholeNumber } from "./rules.ts";
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
/** What the names of the models other than on-demand end with, before Pulumi's suffix. */
export const NAME_ENDS = { "managed-instances": "-managed", "web-function": "-web" } as const;

/**
 * What those models ask of the beginning of their names. A role on Managed Instances has the longest, and
 * a security group there must not look like an identifier; a Web Function is named as its CloudFormation
 * stack is.
 */
const PREFIX_RULES = {
  "managed-instances": {
    form: /^(?!sg-)[\w-]{1,39}$/i,
    expected: "at most 39 characters, and none beginning with sg-, with managed-instances",
  },
  "web-function": {
    form: /^[a-z][a-z0-9-]{0,51}$/i,
    expected:
      "at most 52 letters, digits and hyphens, of which the first is a letter, with web-function",
  },
} as const;

/** The longest beginning of a prefix that is allowed to every model. */
function nearestPrefix(prefix: string): string {
  const plain = prefix.replaceAll("_", "-").replace(/^([^a-z]+|sg-)+/i, "");
  return plain.slice(0, 39) || "concurrency-test";
}

/** https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-nodejs-runtime.html */
const MAX_CONCURRENCY_PER_VCPU = 64;

/** What Lambda launches for a version at first: https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances.html */
const INITIAL_INSTANCES = 3;

/** https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-capacity-providers.html */
export const MAX_SUBNETS = 16;

const instanceType: Rule<string> = {
  expected: "an EC2 instance type of the families c, m or r, such as m7g.large or c7i.xlarge",
  read: (text) => (parseInstanceType(text) ? text : undefined),
  nearest: () => "m7g.large",
};

/**
 * Every key, and what it may be. Memory, timeout, architecture and name follow
 * https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html, and what a Web Function has
 * the CloudFormation types AWS::Lambda::WebFunctionRevision and AWS::Lambda::WebFunctionEndpoint.
 */
const RULES = {
  /** Each is deployed beside the others, as a function of its own. */
  models: someOf(MODELS),
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
  managedInstancesType: instanceType,
  /** Kept running, whether requests come or not. */
  managedInstancesMinEnvironments: wholeNumber("environments", 1, 15_000),
  managedInstancesMaxEnvironments: wholeNumber("environments", 1, 15_000),
  /** Worker threads of an environment, each with globals of its own. */
  managedInstancesWorkers: wholeNumber("worker threads", 1, MOST_WORKERS),
  /** Requests at once in one environment. */
  managedInstancesMaxConcurrency: wholeNumber("requests", 1, MOST_AT_ONCE["managed-instances"]),
  managedInstancesMemoryMb: wholeNumber("MB", 2_048, 32_768),
  managedInstancesMemoryGbPerVcpu: oneOf([2, 4, 8]),
  /** Of all instances together. Powertools for AWS calls 12 the least that the service takes. */
  managedInstancesMaxVcpus: wholeNumber("vCPUs", 12, 15_000),
  managedInstancesSubnets: identifiers("subnet", MAX_SUBNETS),
  managedInstancesSecurityGroup: identifiers("sg", 1),
  /** What the alias behind the URL stands for, see managed-instances-function.ts. */
  managedInstancesVersion: oneOf(["numbered", "latest-published"]),
  webFunctionMaxConcurrency: wholeNumber("requests", 1, MOST_AT_ONCE["web-function"]),
  webFunctionMaxEnvironments: wholeNumber("environments", 2, 10_000),
  webFunctionTimeoutSeconds: wholeNumber("seconds", 3, 900),
};

type Key = keyof typeof RULES;

/** A configuration that AWS accepts. */
export type Configuration = { [K in Key]: (typeof RULES)[K] extends Rule<infer V> ? V : never };

const KEYS = Object.keys(RULES) as Key[];

/** What two keys may not be together. The first of them is the one to be set right. */
interface Contradiction {
  keys: [Key, ...Key[]];
  /** The model whose settings these are; another's are not looked at. */
  model?: Model;
  /** Completes the line that begins with the first key; `undefined` when nothing is wrong. */
  problem(configuration: Configuration, stack: string): string | undefined;
}

const CONTRADICTIONS: Contradiction[] = [
  {
    keys: ["timeoutSeconds", "maxHoldMs"],
    model: "on-demand",
    problem: (configuration, stack) => tooShort("timeoutSeconds", configuration, stack),
  },
  {
    keys: ["webFunctionTimeoutSeconds", "maxHoldMs"],
    model: "web-function",
    problem: (configuration, stack) => tooShort("webFunctionTimeoutSeconds", configuration, stack),
  },
  {
    keys: ["namePrefix", "models"],
    problem({ namePrefix, models }, stack) {
      const broken = Object.entries(PREFIX_RULES).filter(
        ([model, { form }]) => models.some((one) => one === model) && !form.test(namePrefix),
      );
      if (broken.length === 0) return undefined;
      const expected = broken.map(([, rule]) => rule.expected).join("; ");
      const set = remedy(stack, "namePrefix", nearestPrefix(namePrefix));
      return `is ${JSON.stringify(namePrefix)} and must be ${expected}; ${set}`;
    },
  },
  {
    keys: ["managedInstancesMaxEnvironments", "managedInstancesMinEnvironments"],
    model: "managed-instances",
    problem(configuration, stack) {
      const { managedInstancesMinEnvironments: min, managedInstancesMaxEnvironments: max } =
        configuration;
      if (max >= min) return undefined;
      const set = remedy(stack, "managedInstancesMaxEnvironments", min);
      return `is ${max} and must be at least managedInstancesMinEnvironments, which is ${min}; ${set}`;
    },
  },
  {
    keys: ["managedInstancesMemoryMb", "managedInstancesMemoryGbPerVcpu"],
    model: "managed-instances",
    problem(configuration, stack) {
      const { managedInstancesMemoryMb: memoryMb } = configuration;
      const step = configuration.managedInstancesMemoryGbPerVcpu * 1_024;
      if (memoryMb % step === 0) return undefined;
      const enough = Math.ceil(memoryMb / step) * step;
      return (
        `is ${memoryMb} MB and must be a multiple of ${step} with so much memory for each vCPU; ` +
        remedy(stack, "managedInstancesMemoryMb", enough)
      );
    },
  },
  {
    keys: ["managedInstancesMaxConcurrency", "managedInstancesMemoryMb"],
    model: "managed-instances",
    problem(configuration, stack) {
      const { vcpus } = environmentOf(configuration);
      const most = Math.floor(MAX_CONCURRENCY_PER_VCPU * vcpus);
      if (configuration.managedInstancesMaxConcurrency <= most) return undefined;
      return (
        `is ${configuration.managedInstancesMaxConcurrency} and must be at most ${most}, ` +
        `${MAX_CONCURRENCY_PER_VCPU} for each vCPU of an environment; ` +
        remedy(stack, "managedInstancesMaxConcurrency", most)
      );
    },
  },
  {
    keys: ["managedInstancesType", "managedInstancesMemoryMb", "managedInstancesMemoryGbPerVcpu"],
    model: "managed-instances",
    problem(configuration, stack) {
      const environment = environmentOf(configuration);
      if (fitsInstance(environment)) return undefined;
      const { type, vcpus, memoryGb } = environment;
      return (
        `has ${type.vcpus} vCPUs and ${type.memoryGb} GB, and an environment of ${vcpus} and ${memoryGb} ` +
        `does not fit; ${remedy(stack, "managedInstancesType", largerType(environment))}`
      );
    },
  },
  {
    keys: ["managedInstancesMaxVcpus", "managedInstancesMaxEnvironments", "managedInstancesType"],
    model: "managed-instances",
    problem(configuration, stack) {
      const { managedInstancesMaxVcpus: most } = configuration;
      const needed = mostInstances(configuration) * environmentOf(configuration).type.vcpus;
      if (needed <= most) return undefined;
      return (
        `is ${most}, and all instances together have ${needed}, those of an older version counted ` +
        `while a new one starts; ${remedy(stack, "managedInstancesMaxVcpus", needed)}`
      );
    },
  },
  {
    // https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
    keys: ["provisionedConcurrency", "reservedConcurrency"],
    model: "on-demand",
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
  for (const { keys, model, problem } of CONTRADICTIONS) {
    if (model !== undefined && !configuration.models.includes(model)) continue;
    // A key that is wrong by itself has only a stand-in to compare with.
    if (keys.some((key) => problems.has(key))) continue;
    const found = problem(configuration, stack);
    if (found !== undefined) problems.set(keys[0], found);
  }

  if (problems.size === 0) return { ok: true, configuration };
  return { ok: false, message: refusal([...problems].map((problem) => problem.join(" "))) };
}

/** A configuration is refused: one line a problem, each of which begins with a key. */
export function refusal(problems: readonly string[]): string {
  return ["This configuration cannot be deployed:", ...problems].join("\n  ");
}

/** An environment on Managed Instances, whose vCPUs Lambda derives from its memory, and its instance. */
function environmentOf(configuration: Configuration): {
  type: InstanceType;
  vcpus: number;
  memoryGb: number;
} {
  const type = parseInstanceType(configuration.managedInstancesType);
  assert(type, "the rule of the instance type reads it");
  const memoryGb = configuration.managedInstancesMemoryMb / 1_024;
  return { type, memoryGb, vcpus: memoryGb / configuration.managedInstancesMemoryGbPerVcpu };
}

/** The instruction set of the configured instances. */
export function managedArchitecture(configuration: Configuration): InstanceType["architecture"] {
  return environmentOf(configuration).type.architecture;
}

/** What Managed Instances cost an hour at the least, in US dollars; `undefined` where nobody knows. */
export function managedHourlyUsd(configuration: Configuration): number | undefined {
  const environments = configuration.managedInstancesMinEnvironments;
  return managedUsdPerHour({ ...environmentOf(configuration), environments });
}

/**
 * How many instances there may be at once. A version that is published starts with so many as AWS gives
 * it, until its own numbers are known; and with numbered versions the one before keeps its least.
 */
function mostInstances(configuration: Configuration): number {
  const environment = environmentOf(configuration);
  const { managedInstancesMinEnvironments: min, managedInstancesMaxEnvironments: max } =
    configuration;
  const held = (environments: number) => instancesFor({ ...environment, environments });
  const older = configuration.managedInstancesVersion === "numbered" ? held(min) : 0;
  return older + Math.max(held(max), INITIAL_INSTANCES);
}

/** The smallest size of a type's family on which an environment finds room, or the largest. */
function largerType({ type, vcpus, memoryGb }: ReturnType<typeof environmentOf>): string {
  const sizes = ["large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge"];
  const names = sizes.map((size) => `${type.family}.${size}`);
  const fitting = names.find((name) => {
    const larger = parseInstanceType(name);
    return larger && fitsInstance({ type: larger, vcpus, memoryGb });
  });
  return fitting ?? `${type.family}.16xlarge`;
}

/** A timeout that would end the longest hold. */
function tooShort(
  key: "timeoutSeconds" | "webFunctionTimeoutSeconds",
  { [key]: seconds, maxHoldMs }: Configuration,
  stack: string,
): string | undefined {
  if (seconds * 1_000 > maxHoldMs) return undefined;
  const enough = Math.floor(maxHoldMs / 1_000) + 1;
  return (
    `is ${seconds} seconds and must be above the longest hold, ` +
    `maxHoldMs ${maxHoldMs}; ${remedy(stack, key, enough)}`
  );
}

/** The command that sets a key right. */
export function remedy(stack: string, key: Key, value: string | number): string {
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
