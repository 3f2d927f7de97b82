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

test("says what was deployed", () => {
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

test("says how to run, follow, cool and remove it", () => {
  const text = readme({ generation: 4 });
  for (const command of [
    "`npm run tui -- --target stack:dev`",
    "`npm run experiment -- --target stack:dev`",
    "`pulumi config set generation 5 --stack dev && pulumi up --stack dev`",
    "`aws logs tail /aws/lambda/test-1 --region eu-west-1 --follow`",
    "`pulumi destroy --stack dev`",
  ]) {
    expect(text).toContain(command);
  }
});

test("names the policy that a signed request needs, with the commands that make it", () => {
  const text = readme();
  expect(text).toContain("`callerPolicy`");
  expect(text).toContain("\npulumi stack output callerPolicy --stack dev > policy.json\n");
  expect(text).toContain(
    "\naws iam create-policy --policy-name test-1a2b3c4-caller --policy-document file://policy.json\n",
  );
  expect(text).not.toContain("at your expense");
});

test("says when anybody may use the URL, and how to close it", () => {
  const text = readme({ urlAuthorization: "NONE" });
  expect(text).toContain("from anybody, at your expense");
  expect(text).toContain(
    "`pulumi config set urlAuthorization AWS_IAM --stack dev && pulumi up --stack dev`",
  );
  expect(text).not.toContain("callerPolicy");
});

test("says what the reference experiment costs, and that an idle function costs nothing", () => {
  const text = readme();
  expect(text).toContain("costs nothing while nobody uses it");
  expect(text).toContain("10 requests held for 5 s each");
  // 10 × 5.05 s × 0.125 GB × 0.0000133334 + 10 × 0.0000002, and 25,000 bytes of logs at 0.50 a GB.
  expect(text).toContain("about $0.000098 with its logs");
  expect(text).toContain("in eu-west-1, a region of the ordinary price class");
});

test("counts with the price of the region, the architecture and the memory", () => {
  const text = readme({ architecture: "x86_64", memoryMb: 1_024 }, "af-south-1");
  // 10 × 5.05 s × 1 GB × 0.0000221 + 10 × 0.00000027, and the logs.
  expect(text).toContain("about $0.0011 with its logs");
  expect(text).toContain("in af-south-1, a region of the dearer price class");
});

test("counts with a shorter hold where the deployment allows no longer one", () => {
  expect(readme({ maxHoldMs: 500 })).toContain("10 requests held for 0.5 s each");
});

test("says what provisioned concurrency costs an hour, and how it is replaced and lowered", () => {
  const text = readme({ provisionedConcurrency: 4, memoryMb: 512 }, "us-east-1");
  // 4 × 0.5 GB × 3,600 s × 0.0000033334
  expect(text).toContain("$0.024 an hour for 4 provisioned environments, used or not");
  expect(text).toContain(
    "`pulumi config set provisionedConcurrency none --stack dev && pulumi up --stack dev`",
  );
  expect(text).toContain("a minute or more to replace provisioned environments");
  expect(text).toContain("lower `provisionedConcurrency` in an update of its own");
  expect(text).not.toContain("costs nothing");
});

test("charges of each burst only what exceeds the provisioned environments as on demand", () => {
  const cost = (provisionedConcurrency: Configuration["provisionedConcurrency"]) =>
    /about (\S+) with/.exec(readme({ provisionedConcurrency, memoryMb: 1_024 }, "us-east-1"))?.[1];
  // 50.5 GB-seconds: all at 0.0000133334, two fifths at 0.0000077778, all at that.
  expect([cost("none"), cost(2), cost(5), cost(50)]).toEqual([
    "$0.00069",
    "$0.00057",
    "$0.00041",
    "$0.00041",
  ]);
});
