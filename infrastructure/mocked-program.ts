/** Runs the program under Pulumi's mocks, in place of its engine and of AWS. For the tests. */
import { readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import * as pulumi from "@pulumi/pulumi";
import { expect, vi } from "vitest";

const PROJECT = "lambda-concurrency-test";
export const LOG_GROUP_ARN =
  "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/test-1a2b3c4";
export const FUNCTION_ARN =
  "arn:aws:lambda:eu-west-1:123456789012:function:lambda-concurrency-test-1a2b3c4";

export const FUNCTION = "aws:lambda/function:Function";
export const FUNCTION_URL = "aws:lambda/functionUrl:FunctionUrl";
export const PERMISSION = "aws:lambda/permission:Permission";
export const ALIAS = "aws:lambda/alias:Alias";
export const PROVISIONED = "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig";
export const LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup";
export const ROLE = "aws:iam/role:Role";
export const ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy";

/** A resource that the program created. */
export interface Registered {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
  /** The types of what was there when its creation began. */
  existing: string[];
}

/** One run of the program. */
export class Run {
  readonly registered: Registered[] = [];
  /** What the stack would export. */
  readonly outputs: Record<string, string | number> = {};

  /** The inputs of all resources of a type. */
  inputsOf(type: string): Record<string, unknown>[] {
    return this.registered.filter((one) => one.type === type).map(({ inputs }) => inputs);
  }

  /** The inputs of the only resource of a type. */
  onlyInputsOf(type: string): Record<string, unknown> {
    const [inputs, ...others] = this.inputsOf(type);
    expect(others).toEqual([]);
    return inputs ?? {};
  }

  /** The files of the function's archive, by name. */
  async deployedFiles(): Promise<Record<string, string>> {
    const archive = this.onlyInputsOf(FUNCTION).code;
    if (!(archive instanceof pulumi.asset.AssetArchive)) throw new Error("no archive of assets");
    const files: Record<string, string> = {};
    for (const [name, asset] of Object.entries(await archive.assets)) {
      if (!(asset instanceof pulumi.asset.StringAsset)) throw new Error(`${name} is not a text`);
      files[name] = await asset.text;
    }
    return files;
  }
}

/** What AWS would add to a resource's inputs. */
function computed({ type, name, inputs }: pulumi.runtime.MockResourceArgs) {
  const common = { region: "eu-west-1", name: `${name}-1a2b3c4` };
  switch (type) {
    case LOG_GROUP:
      return { ...common, arn: LOG_GROUP_ARN, name: `${inputs.namePrefix}1` };
    case ROLE:
      return { ...common, arn: `arn:aws:iam::123456789012:role/${common.name}` };
    case FUNCTION:
      return {
        ...common,
        arn: FUNCTION_ARN,
        version: inputs.publish ? "7" : "$LATEST",
        codeSha256: "q1MKE+RZFJgrefm34/uplM/R8/si9xzqGvvwK0YMbR0=",
      };
    case ALIAS:
      return { arn: `${FUNCTION_ARN}:${inputs.name}` };
    case FUNCTION_URL:
      return { region: "eu-west-1", functionUrl: "https://abc.lambda-url.eu-west-1.on.aws/" };
    default:
      return {};
  }
}

/** The keys that Pulumi.yaml declares, with their defaults as the texts that Pulumi hands over. */
export function declaredDefaults(): Record<string, string> {
  const yaml = readFileSync(new URL("../Pulumi.yaml", import.meta.url), "utf8");
  const [, block = ""] = yaml.split(/^config:\n/m);
  const entries = block.matchAll(/^ {2}(\w+):\n(?: {4}.*\n)*? {4}default: (.*)$/gm);
  return Object.fromEntries(Array.from(entries, ([, key = "", value = ""]) => [key, value]));
}

/**
 * Runs `index.ts` as the stack `dev`, with the declared defaults and the changes.
 *
 * @param run takes what is created, also when the program then fails
 * @param organization that the stack belongs to, by default that of a state without Pulumi Cloud
 */
export async function runProgram(
  changes: Record<string, string> = {},
  run: Run = new Run(),
  organization = "organization",
): Promise<Run> {
  vi.resetModules();
  await pulumi.runtime.setMocks(
    {
      async newResource(args) {
        const { type, name, inputs } = args;
        const existing = run.registered.map((resource) => resource.type);
        // Creation takes a while, so that whoever does not wait for another begins without it.
        await setTimeout(20);
        run.registered.push({ type, name, inputs, existing });
        return { id: `${name}-id`, state: { ...inputs, ...computed(args) } };
      },
      call: () => ({}),
    },
    PROJECT,
    "dev",
    false,
    organization,
  );
  const config = Object.entries({ ...declaredDefaults(), ...changes });
  pulumi.runtime.setAllConfig(
    Object.fromEntries(config.map(([key, value]) => [`${PROJECT}:${key}`, value])),
  );
  const program: Record<string, pulumi.Input<string | number>> = await import("../index.ts");
  for (const [name, output] of Object.entries(program)) run.outputs[name] = await resolve(output);
  await pulumi.runtime.disconnect();
  return run;
}

function resolve<Value>(output: pulumi.Input<Value>): Promise<pulumi.Unwrap<Value>> {
  return new Promise((done) => {
    pulumi.output(output).apply(done);
  });
}
