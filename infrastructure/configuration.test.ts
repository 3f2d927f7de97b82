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

describe("rejects what AWS would reject, and says how to set it right", () => {
  test.each<[keyof Configuration, string, string, string | number]>([
    ["memoryMb", "127", "a whole number of MB from 128 to 10240", 128],
    ["memoryMb", "10241", "a whole number of MB from 128 to 10240", 10_240],
    ["memoryMb", "512.5", "a whole number of MB", 513],
    ["memoryMb", "1e3", "a whole number of MB", 1_000],
    ["memoryMb", "much", "a whole number of MB", 128],
    ["memoryMb", "", "a whole number of MB", 128],
    ["memoryMb", "Infinity", "a whole number of MB", 10_240],
    ["timeoutSeconds", "0", "a whole number of seconds from 1 to 900", 1],
    ["timeoutSeconds", "901", "a whole number of seconds from 1 to 900", 900],
    ["timeoutSeconds", "20", "above the longest hold, maxHoldMs 20000", 21],
    ["architecture", "arm", "one of arm64, x86_64", "arm64"],
    ["maxHoldMs", "99", "a whole number of milliseconds from 100 to 60000", 100],
    ["maxHoldMs", "60001", "a whole number of milliseconds from 100 to 60000", 60_000],
    ["reservedConcurrency", "-1", "none or a whole number of environments from 0 up", "none"],
    ["reservedConcurrency", "2.5", "none or a whole number of environments from 0 up", "none"],
    ["provisionedConcurrency", "0", "none or a whole number of environments from 1 up", "none"],
    ["provisionedConcurrency", "some", "none or a whole number of environments from 1 up", "none"],
    ["generation", "-1", "a whole number of generations from 0 up", 0],
    ["generation", "two", "a whole number of generations from 0 up", 0],
    ["logRetentionDays", "0", "one of 1, 3, 5, 7", 1],
    ["logRetentionDays", "8", "one of 1, 3, 5, 7", 7],
    ["logRetentionDays", "5000", "one of 1, 3, 5, 7", 3_653],
    ["urlAuthorization", "none", "one of AWS_IAM, NONE", "AWS_IAM"],
    ["namePrefix", "", "1 to 56 letters, digits", "concurrency-test"],
    ["namePrefix", "my test", "1 to 56 letters, digits", "my-test"],
    ["namePrefix", "tést", "1 to 56 letters, digits", "t-st"],
    ["namePrefix", "?-test", "1 to 56 letters, digits", "test"],
    ["tags", "team", "none or pairs such as team=platform,cost-center=42", "none"],
    ["tags", "team=a,aws:owner=b", "none beginning with aws:", "team=a"],
    ["namePrefix", "a".repeat(57), "1 to 56 letters, digits", "a".repeat(56)],
    ["models", "", "one or more of on-demand, managed-instances, web-function", "on-demand"],
    ["models", "web-function,microvm", "one or more of on-demand", "web-function"],
    [
      "managedInstancesType",
      "m7g.medium",
      "an EC2 instance type of the families c, m or r",
      "m7g.large",
    ],
    [
      "managedInstancesType",
      "large",
      "an EC2 instance type of the families c, m or r",
      "m7g.large",
    ],
    ["managedInstancesMemoryGbPerVcpu", "3", "one of 2, 4, 8", 2],
    ["managedInstancesMaxVcpus", "2", "a whole number of vCPUs from 12", 12],
    ["managedInstancesSubnets", "vpc-0a1b2c3d", "none or 1 to 16 identifiers", "none"],
    ["managedInstancesSecurityGroup", "sg-0a1b2c3d,sg-0a1b2c3e", "none or an identifier", "none"],
    ["managedInstancesVersion", "latest", "one of numbered, latest-published", "numbered"],
    ["webFunctionMaxEnvironments", "1", "a whole number of environments from 2", 2],
    ["webFunctionMaxConcurrency", "129", "a whole number of requests from 1 to 128", 128],
    ["webFunctionTimeoutSeconds", "20", "above the longest hold, maxHoldMs 20000", 21],
  ])("%s %j", (key, value, rule, suggestion) => {
    const [problem, ...others] = problems({ [key]: value });
    expect(others).toEqual([]);
    expect(problem).toMatch(new RegExp(`^${key} `));
    expect(problem).toContain(rule);
    expect(problem).toMatch(new RegExp(`run: pulumi config set ${key} ${suggestion} --stack dev$`));
    expect(problems({ [key]: String(suggestion) }).join()).not.toContain(rule);
  });

  test("a timeout that would end the longest hold is raised above it", () => {
    expect(problems({ timeoutSeconds: "1", maxHoldMs: "1999" })).toEqual([
      "timeoutSeconds is 1 seconds and must be above the longest hold, maxHoldMs 1999; " +
        "run: pulumi config set timeoutSeconds 2 --stack dev",
    ]);
  });
});

describe("what belongs together at a model is compared", () => {
  const MANAGED = { models: "managed-instances" };
  test.each<[Texts, keyof Configuration, string, number | string]>([
    [
      { managedInstancesMinEnvironments: "3" },
      "managedInstancesMaxEnvironments",
      "at least managedInstancesMinEnvironments, which is 3",
      3,
    ],
    [{ managedInstancesMemoryMb: "3072" }, "managedInstancesMemoryMb", "a multiple of 2048", 4096],
    [
      { managedInstancesMemoryGbPerVcpu: "4" },
      "managedInstancesMemoryMb",
      "a multiple of 4096",
      4096,
    ],
    [
      { managedInstancesMaxConcurrency: "65" },
      "managedInstancesMaxConcurrency",
      "at most 64, 64 for each vCPU",
      64,
    ],
    [
      { managedInstancesMaxEnvironments: "6" },
      "managedInstancesMaxVcpus",
      "all instances together have 14, those of an older version counted",
      14,
    ],
    [
      { managedInstancesType: "m7g.xlarge" },
      "managedInstancesMaxVcpus",
      "all instances together have 16",
      16,
    ],
    [
      { managedInstancesMemoryMb: "8192", managedInstancesMaxVcpus: "100" },
      "managedInstancesType",
      "has 2 vCPUs and 8 GB, and an environment of 4 and 8 does not fit",
      "m7g.xlarge",
    ],
    [
      { managedInstancesType: "c7g.large", managedInstancesMemoryMb: "4096" },
      "managedInstancesType",
      "has 2 vCPUs and 4 GB, and an environment of 2 and 4 does not fit",
      "c7g.xlarge",
    ],
    [{ namePrefix: "a".repeat(40) }, "namePrefix", "at most 39 characters", "a".repeat(39)],
    [{ namePrefix: "sg-test" }, "namePrefix", "none beginning with sg-", "test"],
    [
      { models: "web-function", namePrefix: "my_test" },
      "namePrefix",
      "at most 52 letters, digits and hyphens",
      "my-test",
    ],
    [
      { models: "web-function", namePrefix: "1-test" },
      "namePrefix",
      "the first is a letter",
      "test",
    ],
  ])("%j", (changes, key, rule, suggestion) => {
    const [problem] = problems({ ...MANAGED, ...changes }).filter((line) => line.startsWith(key));
    expect(problem).toContain(rule);
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
