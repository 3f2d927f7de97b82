/** The types of resources that need nothing but to be there: logs, roles, networks and buckets. */

import { randomBytes } from "node:crypto";
import type { Account, Kind } from "./account.ts";
import { type Archive, isRecord, type Properties } from "./properties.ts";

const TAGS = { call: "TagResource", of: ["tags"] };
const ofBucket = ({ bucket }: Properties) => String(bucket);

export function plainKinds(account: Account): Record<string, Kind> {
  const region = { value: () => account.region };
  return {
    /** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html */
    LogGroup: {
      name: { property: "name", maxLength: 512, pattern: /^[.\-_/#A-Za-z0-9]+$/ },
      computed: {
        arn: { value: ({ id }) => account.arn("logs", `log-group:${id}`) },
        name: { value: ({ id }) => id },
        region,
      },
      replacing: ["name", "namePrefix"],
      creates: "CreateLogGroup",
      changes: [TAGS, { call: "PutRetentionPolicy", of: ["retentionInDays"], afterCreation: true }],
      deletes: "DeleteLogGroup",
    },
    /** https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html */
    Role: {
      name: { property: "name", maxLength: 64, pattern: /^[\w+=,.@-]+$/ },
      computed: {
        arn: { value: ({ id }) => account.arn("iam", `role/${id}`) },
        createDate: { value: ({ madeAt }) => madeAt.toISOString() },
      },
      replacing: ["name"],
      creates: "CreateRole",
      changes: [
        { call: "TagRole", of: ["tags"] },
        { call: "UpdateAssumeRolePolicy", of: ["assumeRolePolicy"] },
      ],
      deletes: "DeleteRole",
    },
    RolePolicy: {
      name: { property: "name", maxLength: 128, pattern: /^[\w+=,.@-]+$/ },
      id: ({ role, name }) => `${role}:${name}`,
      replacing: ["name", "role"],
      creates: "PutRolePolicy",
      changes: [{ call: "PutRolePolicy", of: ["policy"] }],
      deletes: "DeleteRolePolicy",
    },
    RolePolicyAttachment: {
      id: ({ role, policyArn }) => `${role}/${policyArn}`,
      replacing: ["policyArn", "role"],
      creates: "AttachRolePolicy",
      deletes: "DetachRolePolicy",
    },
    /** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html */
    SecurityGroup: {
      name: { property: "name", maxLength: 255, pattern: /^(?!sg-)[\w .\-:/()#,@[\]+=&;{}!$*]+$/ },
      id: () => `sg-${randomBytes(8).toString("hex")}`,
      replacing: ["description", "name", "vpcId"],
      creates: "CreateSecurityGroup",
      changes: [TAGS, { call: "UpdateSecurityGroupRules", of: ["egress"] }],
      deletes: "DeleteSecurityGroup",
    },
    /** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
    Bucket: {
      name: { property: "bucket", maxLength: 63, pattern: /^[a-z0-9][a-z0-9.-]+$/ },
      computed: {
        arn: { value: ({ id }) => `arn:aws:s3:::${id}` },
        bucket: { value: ({ id }) => id },
      },
      replacing: ["bucket", "bucketPrefix"],
      creates: "CreateBucket",
      changes: [TAGS],
      deletes: "DeleteBucket",
    },
    BucketPublicAccessBlock: {
      id: ofBucket,
      replacing: ["bucket"],
      creates: "PutPublicAccessBlock",
      deletes: "DeletePublicAccessBlock",
    },
    BucketVersioning: {
      id: ofBucket,
      replacing: ["bucket"],
      creates: "PutBucketVersioning",
      deletes: "PutBucketVersioning",
    },
    BucketPolicy: {
      id: ofBucket,
      replacing: ["bucket"],
      creates: "PutBucketPolicy",
      changes: [{ call: "PutBucketPolicy", of: ["policy"] }],
      deletes: "DeleteBucketPolicy",
    },
    BucketObjectv2: {
      id: ({ bucket, key }) => `${bucket}/${key}`,
      computed: {
        versionId: {
          value: ({ properties }) => (properties.source as Archive).hash,
          follows: ["source"],
        },
      },
      replacing: ["bucket", "key"],
      creates: "PutObject",
      changes: [{ call: "PutObject", of: ["source"] }],
      deletes: "DeleteObjects",
    },
  };
}

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
