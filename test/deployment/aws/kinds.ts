/** The types of resources that need nothing but to be there: logs, roles, networks and buckets. */

import { randomBytes } from "node:crypto";
import type { Account, Kind } from "./account.ts";
import type { Archive, Properties } from "./properties.ts";

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
