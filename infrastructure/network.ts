/** Where managed instances run: subnets of one VPC whose zones offer the instance type. */
import assert from "node:assert/strict";
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { type Configuration, MAX_SUBNETS, refusal, remedy } from "./configuration.ts";

export interface Network {
  /** Of AWS, such as `aws`: what ARNs begin with. */
  partition: string;
  vpcId: string;
  subnetIds: string[];
}

/**
 * Looks for the subnets that the configuration names, or for those of the default VPC, and for the
 * security group if one is named.
 *
 * @param stack as commands name it
 * @throws RunError when there is no default VPC, no subnet has the instance type, or subnets and
 * security group are of several VPCs
 */
export async function findNetwork(
  configuration: Configuration,
  stack: string,
  partition: string,
): Promise<Network> {
  const { managedInstancesSubnets: given } = configuration;
  const zones = await zonesWith(configuration.managedInstancesType, stack);
  const found =
    given === "none"
      ? await defaultSubnets(configuration, zones, stack)
      : await givenSubnets(configuration, given, zones, stack);
  await checkSecurityGroup(configuration, found.vpcId, stack);
  return { partition, ...found };
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
