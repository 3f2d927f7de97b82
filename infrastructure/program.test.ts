/** The component and the program, under Pulumi's mocks in place of its engine and of AWS. */
import { readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import * as pulumi from "@pulumi/pulumi";
import { beforeEach, describe, expect, test, vi } from "vitest";

const PROJECT = "lambda-concurrency-test";
const LOG_GROUP_ARN = "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/test-1a2b3c4";

interface Registered {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
  /** The types of what was there when its creation began. */
  existing: string[];
}

let registered: Registered[];

/** What AWS would add to a resource's inputs. */
function computed({ type, name, inputs }: pulumi.runtime.MockResourceArgs) {
  const common = { region: "eu-west-1", name: `${name}-1a2b3c4` };
  switch (type) {
    case "aws:cloudwatch/logGroup:LogGroup":
      return { ...common, arn: LOG_GROUP_ARN, name: `${inputs.namePrefix}1` };
    case "aws:iam/role:Role":
      return { ...common, arn: `arn:aws:iam::123456789012:role/${common.name}` };
    case "aws:lambda/function:Function":
      return { ...common, codeSha256: "q1MKE+RZFJgrefm34/uplM/R8/si9xzqGvvwK0YMbR0=" };
    case "aws:lambda/functionUrl:FunctionUrl":
      return { region: "eu-west-1", functionUrl: "https://abc.lambda-url.eu-west-1.on.aws/" };
    default:
      return {};
  }
}

beforeEach(async () => {
  vi.resetModules();
  registered = [];
  await pulumi.runtime.setMocks(
    {
      async newResource(args) {
        const { type, name, inputs } = args;
        const existing = registered.map((resource) => resource.type);
        // Creation takes a while, so that whoever does not wait for another begins without it.
        await setTimeout(20);
        registered.push({ type, name, inputs, existing });
        return { id: `${name}-id`, state: { ...inputs, ...computed(args) } };
      },
      call: () => ({}),
    },
    PROJECT,
    "dev",
  );
});

/** The keys that Pulumi.yaml declares, with their defaults as the texts that Pulumi hands over. */
function declaredDefaults(): Record<string, string> {
  const yaml = readFileSync(new URL("../Pulumi.yaml", import.meta.url), "utf8");
  const [, block = ""] = yaml.split(/^config:\n/m);
  const entries = block.matchAll(/^ {2}(\w+):\n(?: {4}.*\n)*? {4}default: (.*)$/gm);
  return Object.fromEntries(Array.from(entries, ([, key = "", value = ""]) => [key, value]));
}

/** Runs `index.ts` with the declared defaults and the changes; gives what the stack would export. */
async function runProgram(
  changes: Record<string, string> = {},
): Promise<Record<string, string | number>> {
  const config = Object.entries({ ...declaredDefaults(), ...changes });
  pulumi.runtime.setAllConfig(
    Object.fromEntries(config.map(([key, value]) => [`${PROJECT}:${key}`, value])),
  );
  const program: Record<string, pulumi.Input<string | number>> = await import("../index.ts");
  const outputs: Record<string, string | number> = {};
  for (const [name, output] of Object.entries(program)) outputs[name] = await resolve(output);
  await pulumi.runtime.disconnect();
  return outputs;
}

function resolve<Value>(output: pulumi.Input<Value>): Promise<pulumi.Unwrap<Value>> {
  return new Promise((done) => {
    pulumi.output(output).apply(done);
  });
}

function inputsOf(type: string): Record<string, unknown>[] {
  return registered.filter((resource) => resource.type === type).map(({ inputs }) => inputs);
}

function functionInputs(): Record<string, unknown> {
  const [inputs, ...others] = inputsOf("aws:lambda/function:Function");
  expect(others).toEqual([]);
  return inputs ?? {};
}

/** The files of the function's archive, by name. */
async function deployedFiles(): Promise<Record<string, string>> {
  const archive = functionInputs().code;
  if (!(archive instanceof pulumi.asset.AssetArchive)) throw new Error("no archive of assets");
  const files: Record<string, string> = {};
  for (const [name, asset] of Object.entries(await archive.assets)) {
    if (!(asset instanceof pulumi.asset.StringAsset)) throw new Error(`${name} is not a text`);
    files[name] = await asset.text;
  }
  return files;
}

describe("who may call the function", () => {
  test("with AWS_IAM the function's own policy permits nobody", async () => {
    await runProgram({ urlAuthorization: "AWS_IAM" });
    expect(inputsOf("aws:lambda/functionUrl:FunctionUrl")).toEqual([
      expect.objectContaining({ authorizationType: "AWS_IAM", invokeMode: "BUFFERED" }),
    ]);
    expect(inputsOf("aws:lambda/permission:Permission")).toEqual([]);
  });

  test("with NONE anybody may, through the URL and by no other way", async () => {
    await runProgram({ urlAuthorization: "NONE" });
    const everybody = { function: "lambda-concurrency-test-1a2b3c4", principal: "*" };
    const permissions = inputsOf("aws:lambda/permission:Permission");
    expect(permissions).toHaveLength(2);
    expect(permissions).toContainEqual({
      ...everybody,
      action: "lambda:InvokeFunctionUrl",
      functionUrlAuthType: "NONE",
    });
    expect(permissions).toContainEqual({
      ...everybody,
      action: "lambda:InvokeFunction",
      invokedViaFunctionUrl: true,
    });
  });
});

describe("logs", () => {
  test("the role may write to the function's log group and do nothing else", async () => {
    await runProgram();
    const policies = inputsOf("aws:iam/rolePolicy:RolePolicy");
    expect(policies.map(({ policy }) => JSON.parse(String(policy)))).toEqual([
      {
        Version: "2012-10-17",
        Statement: [
          {
            Effect: "Allow",
            Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
            Resource: `${LOG_GROUP_ARN}:*`,
          },
        ],
      },
    ]);
    expect(registered.map(({ type }) => type)).not.toContain(
      "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    );
  });

  test("go as JSON to a log group that forgets", async () => {
    const { logGroupName } = await runProgram({ logRetentionDays: "30" });
    expect(inputsOf("aws:cloudwatch/logGroup:LogGroup")).toEqual([
      expect.objectContaining({ retentionInDays: 30 }),
    ]);
    expect(functionInputs().loggingConfig).toEqual({ logFormat: "JSON", logGroup: logGroupName });
  });

  test("are never lost: the log group and the policy are there before the function", async () => {
    await runProgram();
    const lambda = registered.find(({ type }) => type === "aws:lambda/function:Function");
    expect(lambda?.existing).toEqual(
      expect.arrayContaining(["aws:cloudwatch/logGroup:LogGroup", "aws:iam/rolePolicy:RolePolicy"]),
    );
  });
});

describe("the function", () => {
  test("is what the configuration says", async () => {
    await runProgram({
      memoryMb: "256",
      timeoutSeconds: "40",
      maxHoldMs: "30000",
      architecture: "x86_64",
      reservedConcurrency: "7",
      generation: "5",
    });
    expect(functionInputs()).toMatchObject({
      runtime: "nodejs24.x",
      handler: "index.handler",
      architectures: ["x86_64"],
      memorySize: 256,
      timeout: 40,
      reservedConcurrentExecutions: 7,
      environment: { variables: { MAX_HOLD_MS: "30000", GENERATION: "5" } },
    });
  });

  test("reserves no concurrency unless told to", async () => {
    await runProgram();
    expect(functionInputs()).not.toHaveProperty("reservedConcurrentExecutions");
  });

  test("is one bundled file, and a second build gives the same", async () => {
    await runProgram();
    const first = await deployedFiles();
    expect(Object.keys(first)).toEqual(["index.mjs"]);
    expect(first["index.mjs"]).toMatch(/export \{\s*handler\s*\}/);

    const { bundleHandler } = await import("../handler/bundle.ts");
    expect(await bundleHandler()).toBe(first["index.mjs"]);
  });
});

describe("the program", () => {
  test("exports all that the runner reads, and a README", async () => {
    const { readme, ...outputs } = await runProgram();
    expect(outputs).toEqual({
      url: "https://abc.lambda-url.eu-west-1.on.aws/",
      urlAuthorization: "AWS_IAM",
      functionName: "lambda-concurrency-test-1a2b3c4",
      region: "eu-west-1",
      logGroupName: "/aws/lambda/lambda-concurrency-test-1",
      memoryMb: 128,
      architecture: "arm64",
      timeoutSeconds: 65,
      maxHoldMs: 60_000,
      generation: 1,
      codeSha256: "q1MKE+RZFJgrefm34/uplM/R8/si9xzqGvvwK0YMbR0=",
    });
    for (const part of [
      outputs.url,
      outputs.functionName,
      "npm run tui",
      "pulumi config set generation 2 && pulumi up",
      "pulumi destroy",
    ]) {
      expect(readme).toContain(part);
    }
  });

  test("says in the README when anybody may use the URL", async () => {
    const { readme } = await runProgram({ urlAuthorization: "NONE" });
    expect(readme).toContain("from anybody, at your expense");
  });

  test("needs all keys that Pulumi.yaml declares, and no others", async () => {
    const { parseConfiguration } = await import("./configuration.ts");
    const read: string[] = [];
    parseConfiguration((key) => {
      read.push(key);
      return undefined;
    });
    expect(read.toSorted()).toEqual(Object.keys(declaredDefaults()).toSorted());
  });

  test("creates nothing when the configuration is wrong", async () => {
    await expect(runProgram({ memoryMb: "64", architecture: "mips" })).rejects.toThrow(
      /memoryMb is "64".*\n.*architecture is "mips"/,
    );
    expect(registered).toEqual([]);
  });
});
