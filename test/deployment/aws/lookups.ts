/** What there is in a region before anything is deployed, and how a program looks it up. */

import type { Account } from "./account.ts";
import { isRecord, type Properties } from "./properties.ts";

/** A subnet of a VPC, by what EC2 filters for. */
const subnet = (id: string, vpcId: string, zone: string, isDefault: boolean) => ({
  "subnet-id": id,
  "vpc-id": vpcId,
  "availability-zone": `eu-west-1${zone}`,
  "default-for-az": String(isDefault),
});
const SUBNETS = [
  subnet("subnet-0da00000", "vpc-0d000000", "a", true),
  subnet("subnet-0db00000", "vpc-0d000000", "b", true),
  subnet("subnet-0dc00000", "vpc-0d000000", "c", true),
  // Of somebody else's, which nothing may use by itself.
  subnet("subnet-0de00000", "vpc-0d000000", "a", false),
  subnet("subnet-0cc00000", "vpc-0c000000", "c", false),
];
const VPCS = [
  { "vpc-id": "vpc-0d000000", "is-default": "true" },
  { "vpc-id": "vpc-0c000000", "is-default": "false" },
];
/** The zones in which there is an instance type. */
const OFFERINGS = [
  { "instance-type": "m7g.large", location: "eu-west-1a" },
  { "instance-type": "m7g.large", location: "eu-west-1b" },
  { "instance-type": "c7i.xlarge", location: "eu-west-1c" },
];

/** What one of the provider's functions answers to its arguments. */
type Lookup = (args: Properties) => Properties;

/** The functions by which the program looks up what there is, by the last part of their tokens. */
export function lookups(account: Account): Record<string, Lookup> {
  return {
    getPartition: () => ({ partition: "aws" }),
    getRegion: () => ({ region: account.region }),
    getInstanceTypeOfferings: ({ filters }) => ({
      locations: filtered(OFFERINGS, filters).map(({ location }) => location),
    }),
    getVpcs: ({ filters }) => ({ ids: filtered(VPCS, filters).map((row) => row["vpc-id"]) }),
    getSubnets: ({ filters }) => ({
      ids: filtered(SUBNETS, filters).map((row) => row["subnet-id"]),
    }),
    getSubnet: ({ id }) => {
      const found = SUBNETS.find((row) => row["subnet-id"] === id);
      if (!found) throw new Error(`The subnet ID '${id}' does not exist`);
      return { id, vpcId: found["vpc-id"], availabilityZone: found["availability-zone"] };
    },
    // Each VPC comes with one, whose identifier ends like the VPC's.
    getSecurityGroup: ({ id }) => ({ id, vpcId: String(id).replace("sg-", "vpc-") }),
  };
}

/** The rows that filters as EC2 takes them let through. */
function filtered<Row extends Record<string, string>>(rows: Row[], filters: unknown): Row[] {
  const wanted = Array.isArray(filters) ? filters.filter(isRecord) : [];
  return rows.filter((row) =>
    wanted.every(({ name, values }) => {
      const value = row[String(name)];
      if (value === undefined) throw new Error(`The filter '${name}' is invalid`);
      return Array.isArray(values) && values.includes(value);
    }),
  );
}
