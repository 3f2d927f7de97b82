/** EC2: the networks of a region, where it offers which instance types, and security groups. */

import { randomBytes } from "node:crypto";
import { z } from "zod";
import { type Account, AwsError } from "./account.ts";
import { type Kind, type Lookup, tags, text } from "./kind.ts";
import { patiently } from "./patience.ts";
import { isRecord, type Properties } from "./properties.ts";

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html */
const GROUP_CHARACTERS = /^[\w .\-:/()#,@[\]+=&;{}!$*]*$/;
const GROUP_LENGTH = 255;
const DEFAULT_GROUP = "default";

/**
 * How long network interfaces go on to exist after what used them is gone, in milliseconds. On AWS it is
 * minutes at times: https://github.com/hashicorp/terraform-provider-aws/issues/10329
 */
const DETACHING_MS = 200;

interface Subnet {
  vpcId: string;
  zone: string;
  /** One of those that a default VPC comes with. */
  isDefault: boolean;
}

interface SecurityGroup {
  name: string;
  inputs: Properties;
  vpcId: string;
  tags: unknown;
  /** What has network interfaces with it. */
  users: Set<string>;
}

export class Ec2 {
  readonly account: Account;
  /** The region's VPCs by their ids, and whether each is the default one. */
  readonly vpcs = new Map([
    ["vpc-0d000000", { isDefault: true }],
    ["vpc-0c000000", { isDefault: false }],
  ]);
  readonly subnets = new Map<string, Subnet>([
    ["subnet-0da00000", { vpcId: "vpc-0d000000", zone: "a", isDefault: true }],
    ["subnet-0db00000", { vpcId: "vpc-0d000000", zone: "b", isDefault: true }],
    ["subnet-0dc00000", { vpcId: "vpc-0d000000", zone: "c", isDefault: true }],
    // Of somebody else's, which nothing may use by itself.
    ["subnet-0de00000", { vpcId: "vpc-0d000000", zone: "a", isDefault: false }],
    ["subnet-0ca00000", { vpcId: "vpc-0c000000", zone: "a", isDefault: false }],
    ["subnet-0cc00000", { vpcId: "vpc-0c000000", zone: "c", isDefault: false }],
  ]);
  /** The zones in which there is an instance type. */
  readonly offerings = new Map([
    ["m7g.large", ["a", "b"]],
    ["c7i.xlarge", ["c"]],
  ]);
  /** Each VPC comes with one, which nobody made and which cannot be removed. */
  readonly groups = new Map<string, SecurityGroup>([
    ["sg-0d000000", defaultGroup("vpc-0d000000")],
    ["sg-0c000000", defaultGroup("vpc-0c000000")],
  ]);

  constructor(account: Account) {
    this.account = account;
  }

  get resources(): string[] {
    return [...this.groups]
      .filter(([, { name }]) => name !== DEFAULT_GROUP)
      .map(([id]) => `security group ${id}`);
  }

  /** A zone as AWS names it. */
  zone(letter: string): string {
    return `${this.account.region}${letter}`;
  }

  /**
   * Makes network interfaces.
   *
   * @param user what they are for
   * @throws AwsError when there is no such subnet or group, or they are not all of one VPC
   */
  attach(user: string, subnetIds: readonly string[], groupIds: readonly string[]): void {
    const vpcs = new Set([
      ...subnetIds.map((id) => this.#subnet(id).vpcId),
      ...groupIds.map((id) => this.#group(id).vpcId),
    ]);
    if (vpcs.size !== 1) {
      const message = "Subnets and security groups must all belong to one VPC.";
      throw new AwsError("InvalidParameterValueException", message);
    }
    for (const id of groupIds) this.#group(id).users.add(user);
  }

  /** Removes them, some time after their user is gone. */
  detach(user: string): void {
    setTimeout(() => {
      for (const { users } of this.groups.values()) users.delete(user);
    }, DETACHING_MS).unref();
  }

  /** What the provider looks up, by the tokens of Pulumi's functions. */
  readonly lookups: Record<string, Lookup> = {
    "aws:ec2/getInstanceTypeOfferings:getInstanceTypeOfferings": (args) => {
      const rows = [...this.offerings].flatMap(([type, zones]) =>
        zones.map((letter) => ({ "instance-type": type, location: this.zone(letter) })),
      );
      if (args.locationType !== "availability-zone") throw new Error("Regions are not looked at.");
      const found = rows.filter(matchingAll(args.filters));
      return {
        ...args,
        instanceTypes: found.map((row) => row["instance-type"]),
        locations: found.map(({ location }) => location),
        locationTypes: found.map(() => args.locationType),
      };
    },
    "aws:ec2/getVpcs:getVpcs": (args) => {
      const rows = [...this.vpcs].map(([id, { isDefault }]) => {
        return { "vpc-id": id, "is-default": String(isDefault) };
      });
      return { ...args, ids: rows.filter(matchingAll(args.filters)).map((row) => row["vpc-id"]) };
    },
    "aws:ec2/getSubnets:getSubnets": (args) => {
      const rows = [...this.subnets].map(([id, { vpcId, zone, isDefault }]) => ({
        "subnet-id": id,
        "vpc-id": vpcId,
        "availability-zone": this.zone(zone),
        "default-for-az": String(isDefault),
      }));
      const found = rows.filter(matchingAll(args.filters));
      return { ...args, ids: found.map((row) => row["subnet-id"]) };
    },
    "aws:ec2/getSubnet:getSubnet": ({ id }) => {
      const { vpcId, zone, isDefault } = this.#subnet(String(id));
      return { id, vpcId, availabilityZone: this.zone(zone), defaultForAz: isDefault };
    },
    "aws:ec2/getSecurityGroup:getSecurityGroup": ({ id }) => {
      const { name, vpcId } = this.#group(String(id));
      return { id, name, vpcId };
    },
  };

  readonly groupKind: Kind = {
    named: { property: "name", maxLength: GROUP_LENGTH },
    defaults: { revokeRulesOnDelete: false },
    computed: [
      ...["arn", "egress", "ingress", "name", "namePrefix", "ownerId", "region", "tagsAll"],
      "vpcId",
    ],
    recomputed: (changed) => (changed.has("tags") ? ["tagsAll"] : []),
    replacing: ["description", "name", "namePrefix", "region", "vpcId"],
    inputs: z
      .object({
        name: text(GROUP_CHARACTERS, GROUP_LENGTH).regex(/^(?!sg-)/),
        description: text(GROUP_CHARACTERS, GROUP_LENGTH).min(1),
        tags,
      })
      .partial(),
    create: async (inputs, made) => {
      this.account.note("CreateSecurityGroup");
      const vpcId = String(inputs.vpcId);
      if (!this.vpcs.has(vpcId)) {
        throw new AwsError("InvalidVpcID.NotFound", `The vpc ID '${vpcId}' does not exist`);
      }
      const id = `sg-${randomBytes(8).toString("hex")}`;
      const name = String(inputs.name);
      this.groups.set(id, { name, inputs, vpcId, tags: inputs.tags, users: new Set() });
      made(id);
    },
    read: ({ id }) => {
      const group = this.groups.get(id);
      return (
        group && {
          arn: this.account.arn("ec2", `security-group/${id}`),
          description: group.inputs.description,
          egress: group.inputs.egress,
          ingress: group.inputs.ingress ?? [],
          name: group.name,
          ownerId: this.account.id,
          region: this.account.region,
          tags: group.tags,
          tagsAll: group.tags,
          vpcId: group.vpcId,
        }
      );
    },
    update: async ({ id, changed, news }) => {
      const group = this.#group(id);
      if (changed.has("tags")) this.account.note("CreateTags");
      group.tags = news.tags;
      if (changed.has("egress") || changed.has("ingress")) {
        this.account.note("UpdateSecurityGroupRules");
        group.inputs = news;
      }
    },
    remove: async ({ id }) => {
      this.account.note("DeleteSecurityGroup");
      await patiently(/has a dependent object/, () => {
        if ((this.groups.get(id)?.users.size ?? 0) > 0) {
          const message = `resource ${id} has a dependent object`;
          throw new AwsError("DependencyViolation", message);
        }
      });
      this.groups.delete(id);
    },
  };

  #subnet(id: string): Subnet {
    const subnet = this.subnets.get(id);
    if (subnet) return subnet;
    throw new AwsError("InvalidSubnetID.NotFound", `The subnet ID '${id}' does not exist`);
  }

  #group(id: string): SecurityGroup {
    const group = this.groups.get(id);
    if (group) return group;
    throw new AwsError("InvalidGroup.NotFound", `The security group '${id}' does not exist`);
  }
}

function defaultGroup(vpcId: string): SecurityGroup {
  return { name: DEFAULT_GROUP, inputs: {}, vpcId, tags: undefined, users: new Set() };
}

/**
 * What is in one row, asked by filters as EC2 takes them.
 *
 * @returns throws AwsError for a filter that no row knows
 */
function matchingAll(filters: unknown): (row: Record<string, string>) => boolean {
  const wanted = Array.isArray(filters) ? filters.filter(isRecord) : [];
  return (row) =>
    wanted.every(({ name, values }) => {
      const value = row[String(name)];
      if (value === undefined) {
        throw new AwsError("InvalidParameterValue", `The filter '${name}' is invalid`);
      }
      return Array.isArray(values) && values.includes(value);
    });
}
