import { expect, test } from "vitest";
import { declaredDefaults } from "../test/mocked-program.ts";
import { targetOutputs } from "../test/pulumi.ts";
import { type Configuration, parseConfiguration } from "./configuration.ts";
import { stackReadme, stackWarnings } from "./readme.ts";

type Texts = Partial<Record<keyof Configuration, string>>;

function configurationOf(changes: Texts): Configuration {
  const parsed = parseConfiguration({ ...declaredDefaults(), ...changes }, "dev");
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.configuration;
}

function readme(changes: Texts = {}, region = "eu-west-1"): string {
  const configuration = configurationOf(changes);
  const targets = configuration.models.map((model) =>
    targetOutputs(model, `https://${model}.example/`, {
      region,
      ...(model === "on-demand" && configuration),
      ...(model === "managed-instances" && { instanceType: configuration.managedInstancesType }),
    }),
  );
  return stackReadme({ configuration, stack: "dev", targets });
}

const ALL = { models: "on-demand,managed-instances,web-function" };

test("the README says what was deployed, one row for each model", () => {
  const concurrency = { reservedConcurrency: "9", provisionedConcurrency: "4" };
  const rows = readme({ ...ALL, ...concurrency }).split("\n");
  for (const cells of [
    [
      "on-demand",
      "`lambda-concurrency-test-on-demand` in eu-west-1",
      "https://on-demand.example/",
      "128 MB, arm64, 65 s an invocation; reserved concurrency 9, provisioned 4",
      "`/aws/lambda/on-demand`",
    ],
    [
      "managed-instances",
      "`lambda-concurrency-test-managed-instances` in eu-west-1",
      "https://managed-instances.example/",
      "1 environment on m7g.large, with 1 worker thread and 64 requests at once",
      "`/aws/lambda/managed-instances`",
    ],
    [
      "web-function",
      "`lambda-concurrency-test-web-function` in eu-west-1",
      "https://web-function.example/",
      "up to 2 environments, each with 64 requests at once",
      "`/aws/lambda/web-function`",
    ],
  ]) {
    expect(rows).toContain(`| ${cells.join(" | ")} |`);
  }
});

test.each<[string, Texts, string[]]>([
  [
    "run, follow, cool and remove it",
    { generation: "4" },
    [
      "`npm run tui -- --target stack:dev`",
      "`npm run experiment -- --target stack:dev`",
      "`pulumi config set generation 5 --stack dev && pulumi up --stack dev`",
      "`aws logs tail /aws/lambda/on-demand --region eu-west-1 --follow`",
      "`pulumi destroy --stack dev`",
    ],
  ],
  [
    "fire at all models, and follow each",
    ALL,
    [
      "`npm run experiment -- --target stack:dev --model all`",
      "`aws logs tail /aws/lambda/managed-instances --region eu-west-1 --follow`",
      "`aws logs tail /aws/lambda/web-function --region eu-west-1 --follow`",
    ],
  ],
  [
    "delete the versions on Managed Instances that nobody calls any more",
    ALL,
    [
      "\naws lambda delete-function --function-name lambda-concurrency-test-managed-instances --region eu-west-1 --qualifier VERSION\n",
    ],
  ],
  [
    "make the policy that a signed request needs",
    { urlAuthorization: "AWS_IAM" },
    [
      "\npulumi stack output callerPolicy --stack dev > policy.json\n",
      "\naws iam create-policy --policy-name lambda-concurrency-test-on-demand-caller --policy-document file://policy.json\n",
    ],
  ],
  [
    "close a URL that is open to everybody",
    { urlAuthorization: "NONE" },
    ["`pulumi config set urlAuthorization AWS_IAM --stack dev && pulumi up --stack dev`"],
  ],
  [
    "end what provisioned concurrency costs",
    { provisionedConcurrency: "4" },
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
  expect(readme()).not.toContain("--model all");
  expect(readme({ ...ALL, managedInstancesVersion: "latest-published" })).not.toContain("VERSION");
});

const GB = { memoryMb: "1024" };

test.each<[Texts, string, string]>([
  [{}, "eu-west-1", "10 requests held for 5 s each"],
  [{ maxHoldMs: "500" }, "eu-west-1", "10 requests held for 0.5 s each"],
  // 10 × 5.05 s × 0.125 GB × 0.0000133334 + 10 × 0.0000002, and 25,000 bytes of logs at 0.50 a GB.
  [{}, "eu-west-1", "about $0.000098 with"],
  // 10 × 5.05 s × 1 GB × 0.0000221 + 10 × 0.00000027, and the logs.
  [{ ...GB, architecture: "x86_64" }, "af-south-1", "about $0.0011 with"],
  // 50.5 GB-seconds: all at 0.0000133334, two fifths of each burst at 0.0000077778, all at that.
  [GB, "us-east-1", "about $0.00069 with"],
  [{ ...GB, provisionedConcurrency: "2" }, "us-east-1", "about $0.00057 with"],
  [{ ...GB, provisionedConcurrency: "5" }, "us-east-1", "about $0.00041 with"],
  // 4 × 0.5 GB × 3,600 s × 0.0000033334
  [
    { memoryMb: "512", provisionedConcurrency: "4" },
    "us-east-1",
    "$0.024 an hour for 4 provisioned",
  ],
  // 0.0816 and 15 %; three environments, of which an instance of 2 vCPUs holds one.
  [ALL, "us-east-1", "at least about $0.094 an hour"],
  [
    { ...ALL, managedInstancesMinEnvironments: "3", managedInstancesMaxEnvironments: "3" },
    "us-east-1",
    "at least about $0.28 an hour",
  ],
  [
    { ...ALL, managedInstancesType: "m9g.large" },
    "us-east-1",
    "by the hour what EC2 charges for m9g.large",
  ],
])("the README counts what %j costs in %s: %s", (changes, region, words) => {
  expect(readme(changes, region)).toContain(words);
});

test.each<[Texts, RegExp[]]>([
  [{}, []],
  [{ urlAuthorization: "NONE" }, [/^The URL takes requests from anybody/]],
  [
    { ...ALL, urlAuthorization: "NONE" },
    [
      /^The 3 URLs take requests from anybody/,
      /^Managed Instances cost at least about \$0\.094 an hour .* fails half-way.* `pulumi config set models on-demand,web-function --stack dev && pulumi up --stack dev` or `pulumi destroy --stack dev`/,
    ],
  ],
  [
    { models: "web-function" },
    [
      /^on-demand is not among the models: .*, run: pulumi config set models on-demand,web-function /,
    ],
  ],
])("an update warns of what %j means", (changes, warnings) => {
  const told = stackWarnings(configurationOf(changes), "dev", true);
  expect(told).toEqual(warnings.map((warning) => expect.stringMatching(warning)));
});

test("what is deleted without on-demand is said before, and not each time after", () => {
  expect(stackWarnings(configurationOf({ models: "web-function" }), "dev", false)).toEqual([]);
});
