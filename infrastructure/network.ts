/** Where managed instances run: subnets of one VPC whose zones offer the instance type. */
import assert from "node:assert/strict";
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { pulumiUpWith } from "../basics/printed-commands.ts";
import { type Configuration, MAX_SUBNETS, refusal } from "./configuration.ts";

export interface Network {
  /** Of AWS, such as `aws`: what ARNs begin with. */
  partition: string;
  vpcId: string;
  subnetIds: string[];
}

/**
 * Looks for the subnets that the configuration names, or for those of the default VPC.
 *
 * @param stack as commands name it
 * @throws RunError when there is no default VPC, or no subnet has the instance type
 */
export async function findNetwork(
  configuration: Configuration,
  stack: string,
  partition: string,
): Promise<Network> {
  const { managedInstancesType: type, managedInstancesSubnets: given } = configuration;
  const zones = await zonesWith(type);
  if (given === "none") return { partition, ...(await defaultNetwork(type, zones, stack)) };
  const subnets = await Promise.all(given.map((id) => aws.ec2.getSubnet({ id }))).catch(
    ({ message }: Error) => {
      throw new pulumi.RunError(refusal([`managedInstancesSubnets cannot be used: ${message}`]));
    },
  );
  const problem = problemOf(subnets, type, zones);
  if (problem !== undefined) {
    throw new pulumi.RunError(refusal([`managedInstancesSubnets ${problem}`]));
  }
  const [first] = subnets;
  assert(first, "the configuration's rule reads at least one subnet");
  return { partition, vpcId: first.vpcId, subnetIds: given };
}

async function zonesWith(type: string): Promise<string[]> {
  const { locations } = await aws.ec2.getInstanceTypeOfferings({
    locationType: "availability-zone",
    filters: [{ name: "instance-type", values: [type] }],
  });
  if (locations.length > 0) return locations.toSorted();
  const problem = `managedInstancesType is ${type}, which no zone of this region offers; choose another`;
  throw new pulumi.RunError(refusal([problem]));
}

async function defaultNetwork(
  type: string,
  zones: string[],
  stack: string,
): Promise<Omit<Network, "partition">> {
  const vpcs = await aws.ec2.getVpcs({ filters: [{ name: "is-default", values: ["true"] }] });
  const [vpcId] = vpcs.ids;
  const name = pulumiUpWith(stack, { managedInstancesSubnets: "subnet-…" });
  if (vpcId === undefined) {
    const problem =
      "managedInstancesSubnets is none and this region has no default VPC; name the subnets in which " +
      `the instances may run: ${name}`;
    throw new pulumi.RunError(refusal([problem]));
  }
  const { ids } = await aws.ec2.getSubnets({
    filters: [
      { name: "vpc-id", values: [vpcId] },
      { name: "default-for-az", values: ["true"] },
      { name: "availability-zone", values: zones },
    ],
  });
  if (ids.length > 0) return { vpcId, subnetIds: ids.toSorted().slice(0, MAX_SUBNETS) };
  const problem =
    `managedInstancesSubnets is none and no default subnet is in a zone that offers ${type}, which ` +
    `are ${zones.join(", ")}; name others: ${name}`;
  throw new pulumi.RunError(refusal([problem]));
}

interface Subnet {
  id?: string;
  vpcId: string;
  availabilityZone: string;
}

/** What is wrong with the subnets that were named; or `undefined`. */
function problemOf(subnets: readonly Subnet[], type: string, zones: string[]): string | undefined {
  const vpcs = new Set(subnets.map(({ vpcId }) => vpcId));
  if (vpcs.size > 1) return "names subnets of several VPCs; name those of one";
  const outside = subnets.find(({ availabilityZone }) => !zones.includes(availabilityZone));
  if (!outside) return undefined;
  return (
    `names ${outside.id}, which is in ${outside.availabilityZone}, where there is no ${type}; ` +
    `zones that offer it are ${zones.join(", ")}`
  );
}
