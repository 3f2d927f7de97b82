import { describe, expect, test } from "vitest";
import { declaredDefaults } from "../test/mocked-program.ts";
import { type Configuration, parseConfiguration } from "./configuration.ts";
import { tagPairs, withDefaultTags } from "./tags.ts";

type Texts = Partial<Record<keyof Configuration, string>>;

const VALID = {
  ...declaredDefaults(),
  memoryMb: "512",
  timeoutSeconds: "61",
  architecture: "x86_64",
  maxHoldMs: "20000",
  reservedConcurrency: "10",
  provisionedConcurrency: "4",
  generation: "3",
  logRetentionDays: "14",
  urlAuthorization: "NONE",
  namePrefix: "my-test-1",
  tags: "team=platform,cost-center=42",
  models: "web-function, on-demand",
} satisfies Texts;

/** The lines of the refusal, one a problem. */
function problems(changes: Record<string, string | undefined>): string[] {
  const parsed = parseConfiguration({ ...VALID, ...changes }, "dev");
  return parsed.ok ? [] : parsed.message.split("\n  ").slice(1);
}

test("a valid configuration arrives typed", () => {
  expect(parseConfiguration(VALID, "dev")).toEqual({
    ok: true,
    configuration: {
      models: ["on-demand", "web-function"],
      memoryMb: 512,
      timeoutSeconds: 61,
      architecture: "x86_64",
      maxHoldMs: 20_000,
      reservedConcurrency: 10,
      provisionedConcurrency: 4,
      generation: 3,
      logRetentionDays: 14,
      urlAuthorization: "NONE",
      namePrefix: "my-test-1",
      tags: { team: "platform", "cost-center": "42" },
      managedInstancesType: "m7g.large",
      managedInstancesMinEnvironments: 1,
      managedInstancesMaxEnvironments: 1,
      managedInstancesWorkers: 1,
      managedInstancesMaxConcurrency: 64,
      managedInstancesMemoryMb: 2_048,
      managedInstancesMemoryGbPerVcpu: 2,
      managedInstancesMaxVcpus: 12,
      managedInstancesSubnets: "none",
      managedInstancesSecurityGroup: "none",
      managedInstancesVersion: "numbered",
      webFunctionMaxConcurrency: 64,
      webFunctionMaxEnvironments: 2,
      webFunctionTimeoutSeconds: 65,
    },
  });
});

// Of the other limits the next test sees that what it suggests is accepted.
describe("accepts what is allowed", () => {
  test.each<Texts>([
    { timeoutSeconds: "1", maxHoldMs: "100" },
    { maxHoldMs: "60000", timeoutSeconds: "61" },
    { reservedConcurrency: "0", provisionedConcurrency: "none" },
    { reservedConcurrency: "none" },
    { provisionedConcurrency: "1" },
    { provisionedConcurrency: "10" },
    { provisionedConcurrency: "500", reservedConcurrency: "none" },
    { tags: "none" },
    { namePrefix: "_1".padEnd(56, "a"), models: "on-demand" },
    { namePrefix: "a_".padEnd(39, "a"), models: "managed-instances" },
    { namePrefix: "a-".padEnd(52, "a"), models: "web-function" },
    { managedInstancesSubnets: "subnet-0a1b2c3d,subnet-0a1b2c3d4e5f60718" },
    // What one model does not have is not compared.
    { models: "managed-instances", timeoutSeconds: "1" },
    { models: "on-demand", webFunctionTimeoutSeconds: "3", managedInstancesMemoryMb: "2049" },
  ])("%j", (changes) => {
    expect(problems(changes)).toEqual([]);
  });
});

/** Wrong values of each key, and what is suggested in their place. */
const NEAREST: Partial<Record<keyof Configuration, Record<string, string | number>>> = {
  memoryMb: { "127": 128, "10241": 10_240, "512.5": 513, "1e3": 1_000, much: 128, "": 128 },
  timeoutSeconds: { "0": 1, "901": 900, "20": 21 },
  architecture: { arm: "arm64" },
  maxHoldMs: { "99": 100, "60001": 60_000, Infinity: 60_000 },
  reservedConcurrency: { "-1": "none", "2.5": "none" },
  provisionedConcurrency: { "0": "none", some: "none" },
  generation: { "-1": 0, two: 0 },
  logRetentionDays: { "0": 1, "8": 7, "5000": 3_653 },
  urlAuthorization: { none: "AWS_IAM" },
  namePrefix: {
    ...{ "": "concurrency-test", "my test": "my-test", tést: "t-st", "?-test": "test" },
    ["a".repeat(57)]: "a".repeat(56),
  },
  tags: { team: "none", "team=a,aws:owner=b": "team=a" },
  models: { "": "on-demand", "web-function,microvm": "web-function" },
  managedInstancesType: { "m7g.medium": "m7g.large", large: "m7g.large" },
  managedInstancesMemoryGbPerVcpu: { "3": 2 },
  managedInstancesMaxVcpus: { "2": 12 },
  managedInstancesSubnets: { "vpc-0a1b2c3d": "none" },
  managedInstancesSecurityGroup: { "sg-0a1b2c3d,sg-0a1b2c3e": "none" },
  managedInstancesVersion: { latest: "numbered" },
  webFunctionMaxEnvironments: { "1": 2 },
  webFunctionMaxConcurrency: { "129": 128 },
  webFunctionTimeoutSeconds: { "20": 21 },
};

test.each(Object.entries(NEAREST))(
  "a wrong %s is refused, and one that is right suggested: %j",
  (key, values) => {
    for (const [value, suggestion] of Object.entries(values)) {
      const [problem, ...others] = problems({ [key]: value });
      expect(others).toEqual([]);
      expect(problem).toMatch(
        new RegExp(`^${key} .*; run: pulumi config set ${key} ${suggestion} --stack dev$`),
      );
      const [, rule = ""] = /must be (.*); run: /.exec(problem ?? "") ?? [];
      expect(problems({ [key]: String(suggestion) }).join()).not.toContain(rule);
    }
  },
);

test("a refusal says what is wrong, what it must be, and the command", () => {
  const wrong = { memoryMb: "127", timeoutSeconds: "1", maxHoldMs: "1999", namePrefix: "my test" };
  expect(problems({ ...wrong, reservedConcurrency: "-1", urlAuthorization: "none" })).toEqual([
    'memoryMb is "127" and must be a whole number of MB from 128 to 10240; ' +
      "run: pulumi config set memoryMb 128 --stack dev",
    'reservedConcurrency is "-1" and must be none or a whole number of environments from 0 up; ' +
      "run: pulumi config set reservedConcurrency none --stack dev",
    'urlAuthorization is "none" and must be one of AWS_IAM, NONE; ' +
      "run: pulumi config set urlAuthorization AWS_IAM --stack dev",
    'namePrefix is "my test" and must be 1 to 56 letters, digits, hyphens or underscores; ' +
      "run: pulumi config set namePrefix my-test --stack dev",
    "timeoutSeconds is 1 seconds and must be above the longest hold, maxHoldMs 1999; " +
      "run: pulumi config set timeoutSeconds 2 --stack dev",
  ]);
});

describe("what belongs together at a model is compared", () => {
  const MANAGED = { models: "managed-instances" };
  test.each<[Texts, keyof Configuration, number | string]>([
    [{ managedInstancesMinEnvironments: "3" }, "managedInstancesMaxEnvironments", 3],
    [{ managedInstancesMemoryMb: "3072" }, "managedInstancesMemoryMb", 4096],
    [{ managedInstancesMemoryGbPerVcpu: "4" }, "managedInstancesMemoryMb", 4096],
    [{ managedInstancesMaxConcurrency: "65" }, "managedInstancesMaxConcurrency", 64],
    // With those of an older version, which run while a new one starts.
    [{ managedInstancesMaxEnvironments: "6" }, "managedInstancesMaxVcpus", 14],
    [{ managedInstancesType: "m7g.xlarge" }, "managedInstancesMaxVcpus", 16],
    // 4 vCPUs and 8 GB fit on no instance of 2 and 8, and 2 and 4 on none of 2 and 4.
    [
      { managedInstancesMemoryMb: "8192", managedInstancesMaxVcpus: "100" },
      "managedInstancesType",
      "m7g.xlarge",
    ],
    [
      { managedInstancesType: "c7g.large", managedInstancesMemoryMb: "4096" },
      "managedInstancesType",
      "c7g.xlarge",
    ],
    [{ namePrefix: "a".repeat(40) }, "namePrefix", "a".repeat(39)],
    [{ namePrefix: "sg-test" }, "namePrefix", "test"],
    [{ models: "web-function", namePrefix: "my_test" }, "namePrefix", "my-test"],
    [{ models: "web-function", namePrefix: "1-test" }, "namePrefix", "test"],
  ])("%j", (changes, key, suggestion) => {
    const [problem] = problems({ ...MANAGED, ...changes }).filter((line) => line.startsWith(key));
    expect(problem).toMatch(new RegExp(`run: pulumi config set ${key} ${suggestion} --stack dev$`));
    const mended = problems({ ...MANAGED, ...changes, [key]: String(suggestion) });
    expect(mended.filter((line) => line.startsWith(key))).toEqual([]);
  });

  test("more memory means more vCPUs, and more requests at once", () => {
    const larger = { managedInstancesMemoryMb: "4096", managedInstancesMaxConcurrency: "128" };
    expect(problems({ ...MANAGED, ...larger })).toEqual([]);
  });
});

describe("a reservation below what is provisioned takes two updates, the second for itself", () => {
  test.each([
    ["11", "10", "must be at most reservedConcurrency, which is 10", "10"],
    ["1", "0", "must be none while reservedConcurrency is 0", "none"],
  ])("%s of %s", (provisionedConcurrency, reservedConcurrency, rule, enough) => {
    expect(problems({ provisionedConcurrency, reservedConcurrency })).toEqual([
      `provisionedConcurrency is ${provisionedConcurrency} and ${rule}; ` +
        "AWS lowers both in two updates only; run: " +
        "pulumi config set reservedConcurrency none --stack dev && " +
        `pulumi config set provisionedConcurrency ${enough} --stack dev && ` +
        "pulumi up --stack dev && " +
        `pulumi config set reservedConcurrency ${reservedConcurrency} --stack dev && ` +
        "pulumi up --stack dev",
    ]);
    for (const reserved of ["none", reservedConcurrency]) {
      const stage = { provisionedConcurrency: enough, reservedConcurrency: reserved };
      expect(problems(stage)).toEqual([]);
    }
  });
});

test("provisioned concurrency is not compared with a wrong reserved one", () => {
  expect(problems({ provisionedConcurrency: "11", reservedConcurrency: "few" })).toEqual([
    expect.stringMatching(/^reservedConcurrency /),
  ]);
});

test("a suggestion is one word for the shell, and never an option", () => {
  expect(problems({ tags: "cost center=a b,team" })).toEqual([
    expect.stringMatching(/run: pulumi config set tags 'cost center=a b' --stack dev$/),
  ]);
  expect(problems({ tags: "-x=1,team" })).toEqual([
    expect.stringMatching(/run: pulumi config set tags --stack dev -- -x=1$/),
  ]);
});

test("a missing key is an error, since Pulumi.yaml declares all, each with its default", () => {
  const parsed = parseConfiguration({}, "dev");
  const lines = parsed.ok ? [] : parsed.message.split("\n  ").slice(1);
  const keys = lines.map((line) => /^(\w+) is not set and must be/.exec(line)?.[1]);
  expect(keys.toSorted()).toEqual(Object.keys(declaredDefaults()).toSorted());
  expect(parseConfiguration(declaredDefaults(), "dev").ok).toBe(true);
});

test("a misspelt key is refused, and named as it is spelt right where that is plain", () => {
  const misspelt = ["memoryMB", "log-retention-days", "colour", "constructor", "-it's"];
  expect(problems(Object.fromEntries(misspelt.map((key) => [key, "1"])))).toEqual([
    "memoryMB is no setting of this project (is memoryMb meant?); run: pulumi config rm memoryMB --stack dev",
    "log-retention-days is no setting of this project (is logRetentionDays meant?); " +
      "run: pulumi config rm log-retention-days --stack dev",
    "colour is no setting of this project; run: pulumi config rm colour --stack dev",
    "constructor is no setting of this project; run: pulumi config rm constructor --stack dev",
    "-it's is no setting of this project; run: pulumi config rm --stack dev -- '-it'\\''s'",
  ]);
});

test("all problems are reported at once, and a timeout is not compared with a wrong hold", () => {
  expect(problems({ memoryMb: "1", timeoutSeconds: "5", maxHoldMs: "x", namePrefix: "" })).toEqual([
    expect.stringMatching(/^memoryMb /),
    expect.stringMatching(/^maxHoldMs /),
    expect.stringMatching(/^namePrefix /),
  ]);
});

/** So many pairs with different names. */
function pairs(count: number): string {
  return Array.from({ length: count }, (_, index) => `name${index}=${index}`).join(",");
}

describe("tags are read", () => {
  test.each([
    ["none", {}],
    ["team=platform", { team: "platform" }],
    ["team=platform,cost-center=42", { team: "platform", "cost-center": "42" }],
    [" team = platform , owner = Ana B. ", { team: "platform", owner: "Ana B." }],
    ["empty=", { empty: "" }],
    ["query=a = b", { query: "a = b" }],
    ["größe=ß,mail=ana@example.org", { größe: "ß", mail: "ana@example.org" }],
    ["not-aws=aws", { "not-aws": "aws" }],
    [`${"n".repeat(128)}=${"v".repeat(256)}`, { ["n".repeat(128)]: "v".repeat(256) }],
  ])("%j", (text, tags) => {
    expect(tagPairs.read(text)).toEqual(tags);
  });

  test("as many as AWS takes beside the default ones", () => {
    expect(Object.keys(tagPairs.read(pairs(48)) ?? {})).toHaveLength(48);
    expect(tagPairs.read(pairs(49))).toBeUndefined();
    expect(tagPairs.read(`${pairs(48)},project=mine`)).toMatchObject({ project: "mine" });
  });
});

describe("tags are refused, and what of them is allowed is suggested", () => {
  test.each([
    ["", "none"],
    ["team", "none"],
    ["=platform", "none"],
    ["team=platform,", "team=platform"],
    ["team=a,team=b", "team=a"],
    ["team=a,Team=b", "team=a"],
    ["aws:team=a,owner=b", "owner=b"],
    ["AWS:team=a,owner=b", "owner=b"],
    ["team=aws:a,owner=b", "owner=b"],
    ["team=a;b,owner=b", "owner=b"],
    ["team=a\nb,owner=b", "owner=b"],
    [`${"n".repeat(129)}=1`, "none"],
    [`n=${"v".repeat(257)}`, "none"],
    [pairs(50), pairs(48)],
  ])("%j", (text, suggestion) => {
    expect(tagPairs.read(text)).toBeUndefined();
    const nearest = tagPairs.nearest(text);
    expect(tagPairs.write?.(nearest)).toBe(suggestion);
    expect(tagPairs.read(suggestion)).toEqual(nearest);
  });
});

test.each([
  [{ team: "a" }, { project: "test", stack: "dev", team: "a" }],
  // In whatever case, since a role takes only one of them.
  [{ Project: "mine" }, { stack: "dev", Project: "mine" }],
])("default tags are added to %j, and give way to the user's", (tags, all) => {
  expect(withDefaultTags(tags, { project: "test", stack: "dev" })).toEqual(all);
});
