/**
 * What the models need of the region: that AWS offers them there and, for Managed Instances, subnets of
 * one VPC whose zones offer the instance type. An on-demand function needs nothing.
 */
import assert from "node:assert/strict";
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Model } from "../basics/models.ts";
import { type Configuration, MAX_SUBNETS, refusal, remedy } from "./configuration.ts";

export interface Network {
  /** Of AWS, such as `aws`: what ARNs begin with. */
  partition: string;
  vpcId: string;
  subnetIds: string[];
}

/**
 * Regions without Managed Instances, of AWS's standard partition: Lambda Managed Instances in AWS's
 * list of regional services, and where CloudFormation lacks the type AWS::Lambda::CapacityProvider.
 * As of November 2026.
 */
const WITHOUT_MANAGED_INSTANCES = ["ap-southeast-6", "me-central-1", "me-south-1"];

/**
 * Regions with Web Functions: where CloudFormation has the type AWS::Lambda::WebFunction, as the
 * schemas of cfn-lint 1.58 list it. As of November 2026.
 */
const WITH_WEB_FUNCTIONS = [
  ...["ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1"],
  ...["ap-southeast-2", "ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2"],
  ...["eu-west-3", "sa-east-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2"],
];

/**
 * Looks up what the models need of the region: for Managed Instances the subnets that the configuration
 * names, or those of the default VPC, and the security group if one is named.
 *
 * @param stack as commands name it
 * @returns where Managed Instances run, if there are to be any
 * @throws RunError when the region lacks a model or a default VPC, no subnet has the instance type, or
 * subnets and security group are of several VPCs; the provider's error when it cannot be asked
 */
export async function findNetwork(
  configuration: Configuration,
  stack: string,
): Promise<Network | undefined> {
  const { models, managedInstancesType, managedInstancesSubnets: given } = configuration;
  if (models.every((model) => model === "on-demand")) return undefined;
  const [{ region }, { partition }] = await Promise.all([aws.getRegion(), aws.getPartition()]);
  checkModels(models, { region, partition }, stack);
  if (!models.includes("managed-instances")) return undefined;
  const zones = await zonesWith(managedInstancesType, stack);
  const found =
    given === "none"
      ? await defaultSubnets(configuration, zones, stack)
      : await givenSubnets(configuration, given, zones, stack);
  await checkSecurityGroup(configuration, found.vpcId, stack);
  return { partition, ...found };
}

/** Where a stack is deployed. */
interface Place {
  region: string;
  /** Such as `aws`, or `aws-cn` of China. */
  partition: string;
}

function checkModels(models: readonly Model[], place: Place, stack: string): void {
  const lacking = models.filter((model) => !offers(place, model));
  if (lacking.length === 0) return;
  const left = models.filter((model) => !lacking.includes(model));
  const rest = remedy(stack, "models", left.join(",") || "on-demand");
  throw refused(
    `models names ${lacking.join(" and ")}, which AWS does not offer in ${place.region}; ${rest}`,
  );
}

function offers({ region, partition }: Place, model: Model): boolean {
  if (model === "on-demand") return true;
  if (partition !== "aws") return false;
  return model === "web-function"
    ? WITH_WEB_FUNCTIONS.includes(region)
    : !WITHOUT_MANAGED_INSTANCES.includes(region);
}

async function zonesWith(type: string, stack: string): Promise<string[]> {
  const { locations } = await aws.ec2.getInstanceTypeOfferings({
    locationType: "availability-zone",
    filters: [{ name: "instance-type", values: [type] }],
  });
  if (locations.length > 0) return locations.toSorted();
  throw refused(
    `managedInstancesType is ${type}, which no zone of this region offers; choose another, such as ` +
      `m6g.large; ${remedy(stack, "managedInstancesType", "m6g.large")}`,
  );
}

type Subnets = Omit<Network, "partition">;

async function defaultSubnets(
  { managedInstancesType: type }: Configuration,
  zones: string[],
  stack: string,
): Promise<Subnets> {
  const vpcs = await aws.ec2.getVpcs({ filters: [{ name: "is-default", values: ["true"] }] });
  const [vpcId] = vpcs.ids;
  const others = remedy(stack, "managedInstancesSubnets", "subnet-…");
  if (vpcId === undefined) {
    throw refused(
      "managedInstancesSubnets is none and this region has no default VPC; name the subnets in which " +
        `the instances may run; ${others}`,
    );
  }
  const { ids } = await aws.ec2.getSubnets({
    filters: [
      { name: "vpc-id", values: [vpcId] },
      { name: "default-for-az", values: ["true"] },
      { name: "availability-zone", values: zones },
    ],
  });
  if (ids.length > 0) return { vpcId, subnetIds: ids.toSorted().slice(0, MAX_SUBNETS) };
  throw refused(
    `managedInstancesSubnets is none and no default subnet is in a zone that offers ${type}, which ` +
      `are ${zones.join(", ")}; name others; ${others}`,
  );
}

async function givenSubnets(
  { managedInstancesType: type }: Configuration,
  given: string[],
  zones: string[],
  stack: string,
): Promise<Subnets> {
  const wrong = (problem: string, left: readonly string[]) =>
    refused(
      `managedInstancesSubnets ${problem}; ` +
        remedy(stack, "managedInstancesSubnets", left.join(",") || "none"),
    );
  const subnets = await Promise.all(
    given.map((id) =>
      aws.ec2.getSubnet({ id }).catch(({ message }: Error) => {
        const left = given.filter((other) => other !== id);
        throw wrong(`names ${id}, which cannot be used: ${message}`, left);
      }),
    ),
  );
  const [first] = subnets;
  assert(first, "the rule of the key reads at least one subnet");
  const { vpcId } = first;
  const foreign = subnets.find((subnet) => subnet.vpcId !== vpcId);
  if (foreign) {
    const left = subnets.filter((subnet) => subnet.vpcId === vpcId);
    throw wrong(
      `names ${foreign.id}, which is in another VPC than ${first.id}`,
      left.map(({ id }) => id),
    );
  }
  const outside = subnets.find(({ availabilityZone }) => !zones.includes(availabilityZone));
  if (!outside) return { vpcId, subnetIds: given };
  const inside = subnets.filter(({ availabilityZone }) => zones.includes(availabilityZone));
  throw wrong(
    `names ${outside.id}, which is in ${outside.availabilityZone}, where there is no ${type} as in ` +
      zones.join(", "),
    inside.map(({ id }) => id),
  );
}

async function checkSecurityGroup(
  { managedInstancesSecurityGroup: given }: Configuration,
  vpcId: string,
  stack: string,
): Promise<void> {
  if (given === "none") return;
  const instead = remedy(stack, "managedInstancesSecurityGroup", "none");
  const [id] = given;
  assert(id, "the rule of the key reads one security group");
  const group = await aws.ec2.getSecurityGroup({ id }).catch(({ message }: Error) => {
    throw refused(`managedInstancesSecurityGroup cannot be used: ${message}; ${instead}`);
  });
  if (group.vpcId === vpcId) return;
  throw refused(
    `managedInstancesSecurityGroup is of ${group.vpcId}, and the subnets are of ${vpcId}; ${instead}`,
  );
}

function refused(problem: string): pulumi.RunError {
  return new pulumi.RunError(refusal([problem]));
}
