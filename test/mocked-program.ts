/** Runs the Pulumi program under Pulumi's mocks, in place of its engine and of AWS. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import * as pulumi from "@pulumi/pulumi";
import { expect, vi } from "vitest";

const PROJECT = "lambda-concurrency-test";
export const logGroupArn = (name: unknown) =>
  `arn:aws:logs:eu-west-1:123456789012:log-group:${name}`;
const arnOf = (name: string) => `arn:aws:lambda:eu-west-1:123456789012:function:${name}`;
export const FUNCTION_ARN = arnOf("lambda-concurrency-test-1a2b3c4");

/** A resource that the program created. */
export interface Registered {
  /** The last part of its type, such as `Function`. */
  type: string;
  name: string;
  inputs: Record<string, unknown>;
  /** The types of what was there when its creation began. */
  existing: string[];
}

/** What an account has in its region before the program runs. */
interface ExistingPlace {
  region: string;
  partition: string;
  /** The zones that offer the instance type. */
  zones: string[];
  /** The VPC that is the default one, if any is. */
  defaultVpcs: string[];
  /** Subnets by their identifiers: those of the default VPC, and the zones of all. */
  defaultSubnets: string[];
  subnetZone: string;
}

const EXISTING: ExistingPlace = {
  region: "eu-west-1",
  partition: "aws",
  zones: ["eu-west-1b", "eu-west-1a"],
  defaultVpcs: ["vpc-1"],
  defaultSubnets: ["subnet-2", "subnet-1"],
  subnetZone: "eu-west-1a",
};

/** What the provider answers the program that looks something up. */
function lookUp(
  { token, inputs }: pulumi.runtime.MockCallArgs,
  place: ExistingPlace,
): Record<string, unknown> {
  switch (token.replace(/.*:/, "")) {
    case "getRegion":
      return { region: place.region };
    case "getPartition":
      return { partition: place.partition };
    case "getInstanceTypeOfferings":
      return { locations: place.zones };
    case "getVpcs":
      return { ids: place.defaultVpcs };
    case "getSubnets":
      return { ids: place.defaultSubnets };
    case "getSubnet": {
      // As gRPC hands an error of the provider over.
      const details = `The subnet ID '${inputs.id}' does not exist`;
      if (inputs.id === "subnet-0bad0000") throw Object.assign(new Error(), { details });
      const isFirst = inputs.id === "subnet-0a1b2c3d";
      const vpcId = isFirst ? "vpc-2" : "vpc-3";
      return { id: inputs.id, vpcId, availabilityZone: place.subnetZone };
    }
    case "getSecurityGroup":
      return { id: inputs.id, vpcId: "vpc-2" };
    default:
      throw new Error(`The program looks up ${token}.`);
  }
}

/** One run of the program. */
export class Run {
  /** Where it is deployed, and what there is already. */
  readonly place: ExistingPlace;
  readonly registered: Registered[] = [];
  /** The type of which resources take longer than all others to create. */
  slowType = "";
  /** What the stack would export. */
  readonly outputs: Record<string, unknown> = {};

  constructor(place: Partial<ExistingPlace> = {}) {
    this.place = { ...EXISTING, ...place };
  }

  /** All resources of a type. */
  all(type: string): Registered[] {
    return this.registered.filter((resource) => resource.type === type);
  }

  /** The inputs of the only resource of a type. */
  inputsOf(type: string): Record<string, unknown> {
    const [resource, ...others] = this.all(type);
    expect(others).toEqual([]);
    assert(resource);
    return resource.inputs;
  }

  /** The files of a resource's archive, by name. */
  async deployedFiles(type = "Function", property = "code"): Promise<Record<string, string>> {
    const archive = this.inputsOf(type)[property] as pulumi.asset.AssetArchive;
    const files: Record<string, string> = {};
    for (const [name, asset] of Object.entries(await archive.assets)) {
      files[name] = await (asset as pulumi.asset.StringAsset).text;
    }
    return files;
  }
}

/** What AWS would add to a resource's inputs. */
function computed(type: string, { name, inputs }: pulumi.runtime.MockResourceArgs) {
  const common = { region: "eu-west-1", name: `${name}-1a2b3c4` };
  switch (type) {
    case "LogGroup": {
      const logGroup = inputs.name ?? `${inputs.namePrefix}1`;
      return { ...common, arn: logGroupArn(logGroup), name: logGroup };
    }
    case "Role": {
      const arn = `arn:aws:iam::123456789012:role/${common.name}`;
      return { ...common, arn, createDate: "2026-11-30T09:00:00Z" };
    }
    case "CapacityProvider":
      return { ...common, arn: `arn:aws:lambda:eu-west-1:123456789012:capacity-provider:${name}` };
    case "Bucket":
      return { bucket: `${inputs.bucketPrefix}1`, arn: `arn:aws:s3:::${inputs.bucketPrefix}1` };
    case "BucketObjectv2":
      return { versionId: "v1" };
    case "Stack": {
      const EndpointArn = `arn:aws:lambda:eu-west-1:123456789012:web-function/${common.name}/endpoint/e`;
      return {
        name: common.name,
        outputs: { DomainName: "abc.def.lambda-web.eu-west-1.on.aws", EndpointArn },
      };
    }
    case "Function": {
      const codeSha256 = "q1MKE+RZFJgrefm34/uplM/R8/si9xzqGvvwK0YMbR0=";
      return {
        ...common,
        arn: arnOf(common.name),
        version: inputs.publish ? "7" : "$LATEST",
        codeSha256,
      };
    }
    case "Alias":
      return { arn: `${arnOf(inputs.functionName)}:${inputs.name}` };
    case "FunctionUrl":
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
  const mocks: pulumi.runtime.Mocks = {
    async newResource(args) {
      const type = args.type.replace(/.*:/, "");
      const existing = run.registered.map((resource) => resource.type);
      // Creation takes a while: a resource that does not wait for another begins without it.
      await setTimeout(type === run.slowType ? 200 : 20);
      run.registered.push({ type, name: args.name, inputs: args.inputs, existing });
      return { id: `${args.name}-id`, state: { ...args.inputs, ...computed(type, args) } };
    },
    call: (args) => lookUp(args, run.place),
  };
  await pulumi.runtime.setMocks(mocks, PROJECT, "dev", false, organization);
  const config = Object.entries({ ...declaredDefaults(), ...changes });
  pulumi.runtime.setAllConfig(
    Object.fromEntries(config.map(([key, value]) => [`${PROJECT}:${key}`, value])),
  );
  const program: Record<string, unknown> = await import("../index.ts");
  for (const [name, output] of Object.entries(program)) {
    run.outputs[name] = await new Promise((resolve) => {
      pulumi.output(output as pulumi.Input<object>).apply(resolve);
    });
  }
  await pulumi.runtime.disconnect();
  return run;
}
