import { expect, test } from "vitest";
import type { Configuration } from "./configuration.ts";
import { stackReadme } from "./readme.ts";

const CONFIGURATION: Configuration = {
  memoryMb: 128,
  timeoutSeconds: 65,
  architecture: "arm64",
  maxHoldMs: 60_000,
  reservedConcurrency: "none",
  provisionedConcurrency: "none",
  generation: 1,
  logRetentionDays: 7,
  urlAuthorization: "AWS_IAM",
  namePrefix: "test",
  tags: {},
};

function readme(changes: Partial<Configuration> = {}, region = "eu-west-1"): string {
  return stackReadme({
    configuration: { ...CONFIGURATION, ...changes },
    stack: "dev",
    url: "https://abc.lambda-url.eu-west-1.on.aws/",
    functionName: "test-1a2b3c4",
    region,
    logGroupName: "/aws/lambda/test-1",
  });
}

test("the README says what was deployed", () => {
  const text = readme({ reservedConcurrency: 9, provisionedConcurrency: 4 });
  for (const line of [
    "| function | `test-1a2b3c4` in eu-west-1 |",
    "| URL | https://abc.lambda-url.eu-west-1.on.aws/ |",
    "| size | 128 MB, arm64 |",
    "| limits | 65 s an invocation, 60000 ms a hold |",
    "| reserved concurrency | 9 |",
    "| provisioned concurrency | 4 |",
    "| logs | `/aws/lambda/test-1`, kept for 7 days |",
  ]) {
    expect(text.split("\n")).toContain(line);
  }
});

test.each<[string, Partial<Configuration>, string[]]>([
  [
    "run, follow, cool and remove it",
    { generation: 4 },
    [
      "`npm run tui -- --target stack:dev`",
      "`npm run experiment -- --target stack:dev`",
      "`pulumi config set generation 5 --stack dev && pulumi up --stack dev`",
      "`aws logs tail /aws/lambda/test-1 --region eu-west-1 --follow`",
      "`pulumi destroy --stack dev`",
    ],
  ],
  [
    "make the policy that a signed request needs",
    { urlAuthorization: "AWS_IAM" },
    [
      "\npulumi stack output callerPolicy --stack dev > policy.json\n",
      "\naws iam create-policy --policy-name test-1a2b3c4-caller --policy-document file://policy.json\n",
    ],
  ],
  [
    "close a URL that is open to everybody",
    { urlAuthorization: "NONE" },
    ["`pulumi config set urlAuthorization AWS_IAM --stack dev && pulumi up --stack dev`"],
  ],
  [
    "end what provisioned concurrency costs",
    { provisionedConcurrency: 4 },
    ["`pulumi config set provisionedConcurrency none --stack dev && pulumi up --stack dev`"],
  ],
])("the README names the commands that %s", (_, changes, commands) => {
  const text = readme(changes);
  for (const command of commands) expect(text).toContain(command);
});

test("the README leaves out what does not apply to its configuration", () => {
  expect(readme({ urlAuthorization: "NONE" })).not.toContain("callerPolicy");
  expect(readme()).not.toContain("set urlAuthorization");
  expect(readme()).not.toContain("an hour");
});

const GB = { memoryMb: 1_024 };

test.each<[Partial<Configuration>, string, string]>([
  [{}, "eu-west-1", "10 requests held for 5 s each"],
  [{ maxHoldMs: 500 }, "eu-west-1", "10 requests held for 0.5 s each"],
  // 10 × 5.05 s × 0.125 GB × 0.0000133334 + 10 × 0.0000002, and 25,000 bytes of logs at 0.50 a GB.
  [{}, "eu-west-1", "about $0.000098 with"],
  // 10 × 5.05 s × 1 GB × 0.0000221 + 10 × 0.00000027, and the logs.
  [{ ...GB, architecture: "x86_64" }, "af-south-1", "about $0.0011 with"],
  // 50.5 GB-seconds: all at 0.0000133334, two fifths of each burst at 0.0000077778, all at that.
  [GB, "us-east-1", "about $0.00069 with"],
  [{ ...GB, provisionedConcurrency: 2 }, "us-east-1", "about $0.00057 with"],
  [{ ...GB, provisionedConcurrency: 5 }, "us-east-1", "about $0.00041 with"],
  // 4 × 0.5 GB × 3,600 s × 0.0000033334
  [{ memoryMb: 512, provisionedConcurrency: 4 }, "us-east-1", "$0.024 an hour for 4 provisioned"],
])("the README counts what %j costs in %s: %s", (changes, region, words) => {
  expect(readme(changes, region)).toContain(words);
});
