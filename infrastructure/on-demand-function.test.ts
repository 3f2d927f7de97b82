import { describe, expect, test } from "vitest";
import { bundleHandler } from "../basics/bundle.ts";
import { FUNCTION_ARN, logGroupArn, Run, runProgram } from "../test/mocked-program.ts";

const NAME = "lambda-concurrency-test";
const FUNCTION_NAME = `${NAME}-1a2b3c4`;
const LOG_GROUP = `/aws/lambda/${NAME}-1`;
const TAGS = { project: NAME, stack: "dev" };

function policyOf(...Statement: object[]) {
  return { Version: "2012-10-17", Statement };
}

/** What every deployment creates, with the defaults of Pulumi.yaml. */
const BY_DEFAULT = {
  LogGroup: { namePrefix: `/aws/lambda/${NAME}-`, retentionInDays: 7, tags: TAGS },
  Role: {
    assumeRolePolicy: policyOf({
      Effect: "Allow",
      Principal: { Service: "lambda.amazonaws.com" },
      Action: "sts:AssumeRole",
    }),
    tags: TAGS,
  },
  RolePolicy: {
    role: FUNCTION_NAME,
    policy: policyOf({
      Effect: "Allow",
      Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
      Resource: `${logGroupArn(LOG_GROUP)}:*`,
    }),
  },
  Function: {
    description: expect.any(String),
    runtime: "nodejs24.x",
    handler: "index.handler",
    role: `arn:aws:iam::123456789012:role/${FUNCTION_NAME}`,
    architectures: ["arm64"],
    memorySize: 128,
    timeout: 65,
    loggingConfig: { logFormat: "JSON", logGroup: LOG_GROUP },
    environment: { variables: { MAX_HOLD_MS: "60000", GENERATION: "1" } },
    tags: TAGS,
  },
  FunctionUrl: {
    functionName: FUNCTION_NAME,
    authorizationType: "AWS_IAM",
    invokeMode: "BUFFERED",
  },
};

const PROVISIONED = { functionName: FUNCTION_NAME, qualifier: "provisioned" };

function permissions(qualifier: object) {
  const everybody = { function: FUNCTION_NAME, principal: "*", ...qualifier };
  return [
    { ...everybody, action: "lambda:InvokeFunctionUrl", functionUrlAuthType: "NONE" },
    { ...everybody, action: "lambda:InvokeFunction", invokedViaFunctionUrl: true },
  ];
}

/** The inputs of all resources by type, policies parsed, and without the archive of code. */
function created(run: Run): Record<string, unknown[]> {
  // Which of two of one type comes first is left to the engine.
  const resources = run.registered.toSorted((a, b) => b.name.localeCompare(a.name));
  const inputs = resources
    .filter(({ type }) => type !== "ConcurrencyTest")
    .map(({ type, inputs: { code, ...others } }) => {
      const isPolicy = typeof others.policy === "string";
      return {
        type,
        ...(isPolicy ? { ...others, policy: JSON.parse(`${others.policy}`) } : others),
      };
    });
  return Object.fromEntries(
    [...Map.groupBy(inputs, ({ type }) => type)].map(([type, list]) => [
      type,
      list.map(({ type, ...others }) => others),
    ]),
  );
}

type Changes = Record<string, object | object[]>;

describe("what is created, and with which inputs", () => {
  test.each<[string, Record<string, string>, Changes]>([
    ["by default", {}, {}],
    [
      "as configured",
      {
        memoryMb: "256",
        timeoutSeconds: "40",
        maxHoldMs: "30000",
        architecture: "x86_64",
        reservedConcurrency: "7",
        generation: "5",
        logRetentionDays: "30",
      },
      {
        LogGroup: { retentionInDays: 30 },
        Function: {
          architectures: ["x86_64"],
          memorySize: 256,
          timeout: 40,
          reservedConcurrentExecutions: 7,
          environment: { variables: { MAX_HOLD_MS: "30000", GENERATION: "5" } },
        },
      },
    ],
    [
      "with tags of the user's",
      { tags: "team=platform,stack=mine" },
      {
        LogGroup: { tags: { ...TAGS, stack: "mine", team: "platform" } },
        Role: { tags: { ...TAGS, stack: "mine", team: "platform" } },
        Function: { tags: { ...TAGS, stack: "mine", team: "platform" } },
      },
    ],
    [
      "with a URL that is open to everybody, and by no other way",
      { urlAuthorization: "NONE" },
      { FunctionUrl: { authorizationType: "NONE" }, Permission: permissions({}) },
    ],
    [
      "with provisioned concurrency, on an alias of the published version that has the URL",
      { provisionedConcurrency: "3" },
      {
        Function: { publish: true },
        Alias: { name: "provisioned", functionName: FUNCTION_NAME, functionVersion: "7" },
        ProvisionedConcurrencyConfig: { ...PROVISIONED, provisionedConcurrentExecutions: 3 },
        FunctionUrl: { qualifier: "provisioned" },
      },
    ],
    [
      "with both, the permissions on the alias",
      { urlAuthorization: "NONE", provisionedConcurrency: "2" },
      {
        Function: { publish: true },
        Alias: { name: "provisioned", functionName: FUNCTION_NAME, functionVersion: "7" },
        ProvisionedConcurrencyConfig: { ...PROVISIONED, provisionedConcurrentExecutions: 2 },
        FunctionUrl: { qualifier: "provisioned", authorizationType: "NONE" },
        Permission: permissions({ qualifier: "provisioned" }),
      },
    ],
  ])("%s", async (_, settings, changes) => {
    const run = await runProgram(settings);
    const expected: Record<string, object> = { ...BY_DEFAULT };
    for (const [type, change] of Object.entries(changes)) {
      expected[type] = Array.isArray(change) ? change : { ...expected[type], ...change };
    }
    const lists = Object.entries(expected).map(([type, inputs]) => [type, [inputs].flat()]);
    expect(created(run)).toEqual(Object.fromEntries(lists));
  });
});

test("the function is one bundled file, and a second build gives the same", async () => {
  const files = await (await runProgram()).deployedFiles();
  expect(Object.keys(files)).toEqual(["index.mjs"]);
  expect(files["index.mjs"]).toMatch(/export \{\s*handler\s*\}/);
  expect(await bundleHandler()).toBe(files["index.mjs"]);
});

test.each([
  ["none", FUNCTION_ARN],
  ["1", [FUNCTION_ARN, `${FUNCTION_ARN}:provisioned`]],
])(
  "the caller's policy with provisioned concurrency %s allows what the runner asks of AWS",
  async (provisionedConcurrency, Resource) => {
    const { outputs } = await runProgram({ provisionedConcurrency });
    expect(JSON.parse(String(outputs.callerPolicy))).toEqual(
      policyOf(
        { Sid: "CallUrl", Effect: "Allow", Action: "lambda:InvokeFunctionUrl", Resource },
        {
          Sid: "InvokeThroughUrl",
          Effect: "Allow",
          Action: "lambda:InvokeFunction",
          Resource,
          Condition: { Bool: { "lambda:InvokedViaFunctionUrl": "true" } },
        },
        {
          Sid: "ReadConcurrencyLimit",
          Effect: "Allow",
          Action: "lambda:GetAccountSettings",
          Resource: "*",
        },
        {
          Sid: "ReadLog",
          Effect: "Allow",
          Action: "logs:FilterLogEvents",
          Resource: `${logGroupArn(LOG_GROUP)}:*`,
        },
      ),
    );
  },
);

test.each([
  [{}, { reservedConcurrency: "none", provisionedConcurrency: "none" }],
  [
    { reservedConcurrency: "5", provisionedConcurrency: "2" },
    { reservedConcurrency: 5, provisionedConcurrency: 2 },
  ],
])("the stack exports what the runner reads, with %j", async (changes, concurrency) => {
  const { readme, callerPolicy, ...outputs } = (await runProgram(changes)).outputs;
  const place = {
    url: "https://abc.lambda-url.eu-west-1.on.aws/",
    functionName: FUNCTION_NAME,
    region: "eu-west-1",
    logGroupName: LOG_GROUP,
  };
  const limits = { memoryMb: 128, architecture: "arm64", maxHoldMs: 60_000, generation: 1 };
  const codeSha256 = "q1MKE+RZFJgrefm34/uplM/R8/si9xzqGvvwK0YMbR0=";
  const target = { ...place, ...limits, ...concurrency, deployment: codeSha256 };
  expect(outputs).toEqual({
    ...place,
    ...limits,
    ...concurrency,
    urlAuthorization: "AWS_IAM",
    timeoutSeconds: 65,
    codeSha256,
    targets: [{ model: "on-demand", authorization: "AWS_IAM", ...target }],
  });
  expect(callerPolicy).toBeTypeOf("string");
  for (const text of Object.values(place)) expect(readme).toContain(text);
});

test.each([
  ["organization", "dev"],
  ["acme", "acme/dev"],
])("every command of the organization %s names the stack %s", async (organization, name) => {
  for (const changes of [{ provisionedConcurrency: "2", urlAuthorization: "NONE" }, {}]) {
    const { outputs } = await runProgram(changes, new Run(), organization);
    const readme = String(outputs.readme);
    const commands = readme.match(/\bpulumi (?:up|destroy|config|stack)\b[^`&>\n]*/g) ?? [];
    expect(commands.length).toBeGreaterThan(3);
    for (const command of commands) {
      expect(command.trim()).toMatch(new RegExp(` --stack ${name}$`));
    }
    expect(readme).toContain(`npm run experiment -- --target stack:${name}\``);
  }
  await expect(runProgram({ memoryMb: "64" }, new Run(), organization)).rejects.toThrow(
    `run: pulumi config set memoryMb 128 --stack ${name}`,
  );
});

test("the program, run again, asks for exactly the same", async () => {
  const everything = { provisionedConcurrency: "2", urlAuthorization: "NONE", tags: "team=a" };
  const [first, second] = [await runProgram(everything), await runProgram(everything)];
  expect(created(second)).toEqual(created(first));
  expect(await second.deployedFiles()).toEqual(await first.deployedFiles());
  expect(second.outputs).toEqual(first.outputs);
});
