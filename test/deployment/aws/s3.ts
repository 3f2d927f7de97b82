/** S3: buckets, what is set on them, and the objects in them, as the provider makes them. */

import { randomBytes } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { z } from "zod";
import { type Account, AwsError } from "./account.ts";
import { allows, listOf, policyDocument, sorted, statements } from "./iam.ts";
import { type Kind, tags } from "./kind.ts";
import { isRecord, type Properties } from "./properties.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
const NAME = /^[a-z0-9](?!.*\.\.)[a-z0-9.-]{1,61}[a-z0-9]$/;
/** What the provider puts behind a prefix has 26 digits. */
const PREFIX = /^[a-z0-9][a-z0-9.-]{0,36}$/;

/**
 * How long it takes to make something of a bucket, in milliseconds. A program that makes a role
 * first, and then a bucket, its versioning and an object, is done when the role can be assumed; that the
 * bucket is private and open to Lambda takes longer.
 */
const MAKING_MS = { bucket: 250, versioning: 100, object: 100, access: 200 };

interface ObjectVersion {
  /** `null` where the bucket has no versions. */
  id: string;
  /** The object as the program handed it over. */
  content: unknown;
  inputs: Properties;
}

interface Bucket {
  name: string;
  tags: unknown;
  versioning: unknown;
  accessBlock: Properties | undefined;
  policy: string | undefined;
  /** By key, newest last. */
  objects: Map<string, ObjectVersion[]>;
  /** Its access is being changed. */
  isChanging: boolean;
}

const ACCESS = [
  "blockPublicAcls",
  "blockPublicPolicy",
  "ignorePublicAcls",
  "restrictPublicBuckets",
];

export class S3 {
  readonly account: Account;
  readonly #buckets = new Map<string, Bucket>();

  constructor(account: Account) {
    this.account = account;
  }

  get resources(): string[] {
    return [...this.#buckets.values()].flatMap(({ name, objects }) => [
      `bucket ${name}`,
      ...[...objects.keys()].map((key) => `object ${key} in ${name}`),
    ]);
  }

  /**
   * An object's content, as Lambda reads it for a function.
   *
   * @throws AwsError when it is not there, or the bucket's policy does not let Lambda read it
   */
  readForLambda(name: string, key: string, versionId: string | undefined): unknown {
    const bucket = this.#bucket(name);
    const objects = bucket.objects.get(key) ?? [];
    const found =
      versionId === undefined ? objects.at(-1) : objects.find(({ id }) => id === versionId);
    const action = versionId === undefined ? "s3:GetObject" : "s3:GetObjectVersion";
    const policy = bucket.policy === undefined ? [] : statements(bucket.policy);
    const isAllowed = policy.some(
      (statement) =>
        allows(statement, action, `${arnOf(name)}/${key}`) &&
        isRecord(statement.Principal) &&
        listOf(statement.Principal.Service).includes("lambda.amazonaws.com") &&
        this.#isMeant(statement.Condition),
    );
    if (!isAllowed) throw new AwsError("AccessDenied", `Lambda may not read s3://${name}/${key}`);
    if (!found) throw new AwsError("NoSuchVersion", `s3://${name}/${key} has no such version`);
    return found.content;
  }

  readonly bucketKind: Kind = {
    named: { property: "bucket", maxLength: 63 },
    defaults: { forceDestroy: false },
    computed: [
      ...["acl", "arn", "bucket", "bucketDomainName", "bucketPrefix", "bucketRegion"],
      ...["bucketRegionalDomainName", "hostedZoneId", "policy", "region", "requestPayer"],
      ...["serverSideEncryptionConfiguration", "tagsAll", "versioning"],
    ],
    recomputed: (changed) => (changed.has("tags") ? ["tagsAll"] : []),
    replacing: ["bucket", "bucketPrefix", "region"],
    inputs: z
      .object({
        bucket: z.string().regex(NAME),
        bucketPrefix: z.string().regex(PREFIX),
        forceDestroy: z.boolean(),
        tags,
      })
      .partial(),
    create: async (inputs, made) => {
      this.account.note("CreateBucket");
      const name = String(inputs.bucket ?? `${inputs.bucketPrefix}${suffix()}`);
      if (this.#buckets.has(name)) throw new AwsError("BucketAlreadyExists", name, 409);
      await wait(MAKING_MS.bucket);
      this.#buckets.set(name, {
        ...{ name, tags: inputs.tags, versioning: undefined, accessBlock: undefined },
        ...{ policy: undefined, objects: new Map(), isChanging: false },
      });
      made(name);
    },
    read: ({ id }) => {
      const bucket = this.#buckets.get(id);
      return (
        bucket && {
          arn: arnOf(id),
          bucket: id,
          bucketDomainName: `${id}.s3.amazonaws.com`,
          bucketRegion: this.account.region,
          bucketRegionalDomainName: `${id}.s3.${this.account.region}.amazonaws.com`,
          policy: bucket.policy,
          region: this.account.region,
          tags: bucket.tags,
          tagsAll: bucket.tags,
          versioning: { enabled: bucket.versioning === "Enabled", mfaDelete: false },
        }
      );
    },
    update: async ({ id, changed, news }) => {
      if (changed.has("tags")) this.account.note("PutBucketTagging");
      this.#bucket(id).tags = news.tags;
    },
    remove: async ({ id, state }) => {
      const bucket = this.#buckets.get(id);
      if (!bucket) return;
      if (state.forceDestroy === true) {
        if (bucket.objects.size > 0) this.account.note("DeleteObjects");
        bucket.objects.clear();
      }
      this.account.note("DeleteBucket");
      if (bucket.objects.size > 0) {
        const message =
          "The bucket you tried to delete is not empty. You must delete all versions.";
        throw new AwsError("BucketNotEmpty", message, 409);
      }
      this.#buckets.delete(id);
    },
  };

  readonly accessBlockKind: Kind = {
    defaults: { ...Object.fromEntries(ACCESS.map((name) => [name, false])), skipDestroy: false },
    computed: ["region"],
    replacing: ["bucket", "region"],
    inputs: z.object(Object.fromEntries(ACCESS.map((name) => [name, z.boolean()]))).partial(),
    create: async (inputs, made) => {
      await this.#putAccessBlock(inputs);
      made(String(inputs.bucket));
    },
    read: ({ id }) => {
      const block = this.#buckets.get(id)?.accessBlock;
      return block && { ...block, bucket: id, region: this.account.region };
    },
    update: async ({ news }) => this.#putAccessBlock(news),
    remove: async ({ id }) => {
      this.account.note("DeletePublicAccessBlock");
      if (!this.#buckets.has(id)) return;
      await this.#changeAccess(id, (bucket) => {
        bucket.accessBlock = undefined;
      });
    },
  };

  readonly versioningKind: Kind = {
    computed: ["region"],
    replacing: ["bucket", "expectedBucketOwner", "region"],
    inputs: z
      .object({
        versioningConfiguration: z.object({ status: z.enum(["Enabled", "Suspended", "Disabled"]) }),
      })
      .partial(),
    create: async (inputs, made) => {
      await this.#putVersioning(inputs);
      made(String(inputs.bucket));
    },
    read: ({ id }) => {
      const status = this.#buckets.get(id)?.versioning;
      if (status === undefined) return undefined;
      return { bucket: id, region: this.account.region, versioningConfiguration: { status } };
    },
    update: async ({ news }) => this.#putVersioning(news),
    remove: async ({ id }) => {
      this.account.note("PutBucketVersioning");
      const bucket = this.#buckets.get(id);
      if (bucket) bucket.versioning = "Suspended";
    },
  };

  readonly policyKind: Kind = {
    documents: ["policy"],
    computed: ["region"],
    replacing: ["bucket", "region"],
    inputs: z.object({ policy: policyDocument }).partial(),
    create: async (inputs, made) => {
      await this.#putPolicy(inputs);
      made(String(inputs.bucket));
    },
    read: ({ id }) => {
      const policy = this.#buckets.get(id)?.policy;
      if (policy === undefined) return undefined;
      return { bucket: id, policy: sorted(policy), region: this.account.region };
    },
    update: async ({ news }) => this.#putPolicy(news),
    remove: async ({ id }) => {
      this.account.note("DeleteBucketPolicy");
      if (!this.#buckets.has(id)) return;
      await this.#changeAccess(id, (bucket) => {
        bucket.policy = undefined;
      });
    },
  };

  readonly objectKind: Kind = {
    defaults: { forceDestroy: false },
    computed: [
      ...["acl", "arn", "bucketKeyEnabled", "checksumCrc32", "contentType", "etag", "kmsKeyId"],
      ...["region", "serverSideEncryption", "storageClass", "tagsAll", "versionId"],
    ],
    recomputed: (changed) => [
      ...(changed.has("source") || changed.has("content") ? ["versionId"] : []),
      ...(changed.has("tags") ? ["tagsAll"] : []),
    ],
    replacing: ["bucket", "key", "region"],
    inputs: z.object({ key: z.string().min(1).max(1_024), tags }).partial(),
    create: async (inputs, made) => {
      await this.#putObject(inputs);
      made(`${inputs.bucket}/${inputs.key}`);
    },
    read: ({ state: { bucket: name, key } }) => {
      const found = this.#buckets.get(String(name))?.objects.get(String(key))?.at(-1);
      return (
        found && {
          arn: `${arnOf(String(name))}/${key}`,
          bucket: name,
          contentType: found.inputs.contentType ?? "application/octet-stream",
          key,
          region: this.account.region,
          storageClass: "STANDARD",
          tags: found.inputs.tags,
          tagsAll: found.inputs.tags,
          versionId: found.id,
        }
      );
    },
    update: async ({ changed, news, state }) => {
      const { source } = news;
      // What the state says of the content must not run ahead of what is there.
      news.source = state.source;
      await this.#putObject({ ...news, source });
      news.source = source;
      if (changed.has("tags")) this.account.note("PutObjectTagging");
    },
    // With all its versions: https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/s3/object.go
    remove: async ({ state: { bucket: name, key } }) => {
      this.account.note("DeleteObjects");
      this.#buckets.get(String(name))?.objects.delete(String(key));
    },
  };

  async #putAccessBlock(inputs: Properties): Promise<void> {
    this.account.note("PutPublicAccessBlock");
    await this.#changeAccess(String(inputs.bucket), (bucket) => {
      bucket.accessBlock = Object.fromEntries(ACCESS.map((name) => [name, inputs[name]]));
    });
  }

  async #putPolicy({ bucket: name, policy }: Properties): Promise<void> {
    this.account.note("PutBucketPolicy");
    await this.#changeAccess(String(name), (bucket) => {
      const isPublic = statements(String(policy)).some(({ Principal }) => Principal === "*");
      if (isPublic && bucket.accessBlock?.blockPublicPolicy === true) {
        throw new AwsError("AccessDenied", "Public policies are blocked.", 403);
      }
      bucket.policy = String(policy);
    });
  }

  async #putVersioning({ bucket, versioningConfiguration }: Properties): Promise<void> {
    this.account.note("PutBucketVersioning");
    await wait(MAKING_MS.versioning);
    const { status }: Properties = isRecord(versioningConfiguration) ? versioningConfiguration : {};
    this.#bucket(String(bucket)).versioning = status;
  }

  async #putObject(inputs: Properties): Promise<void> {
    this.account.note("PutObject");
    const { objects, versioning } = this.#bucket(String(inputs.bucket));
    await wait(MAKING_MS.object);
    const key = String(inputs.key);
    const isVersioned = versioning === "Enabled";
    const id = isVersioned ? randomBytes(16).toString("base64url") : "null";
    const others = (objects.get(key) ?? []).filter((version) => version.id !== id);
    objects.set(key, [...others, { id, content: inputs.source, inputs }]);
  }

  /**
   * Changes the access to a bucket, which takes one request at a time.
   *
   * @throws AwsError while another one is on its way
   */
  async #changeAccess(name: string, change: (bucket: Bucket) => void): Promise<void> {
    const bucket = this.#bucket(name);
    if (bucket.isChanging) {
      const message =
        "A conflicting conditional operation is currently in progress against this resource.";
      throw new AwsError("OperationAborted", message, 409);
    }
    bucket.isChanging = true;
    await wait(MAKING_MS.access);
    bucket.isChanging = false;
    change(bucket);
  }

  /** A condition of a statement, if there is one, names this account. */
  #isMeant(condition: unknown): boolean {
    if (condition === undefined) return true;
    const expected = { StringEquals: { "aws:SourceAccount": this.account.id } };
    return JSON.stringify(condition) === JSON.stringify(expected);
  }

  #bucket(name: string): Bucket {
    const bucket = this.#buckets.get(name);
    if (bucket) return bucket;
    throw new AwsError("NoSuchBucket", `The specified bucket does not exist: ${name}`, 404);
  }
}

function arnOf(bucket: string): string {
  return `arn:aws:s3:::${bucket}`;
}

function suffix(): string {
  return (
    new Date().toISOString().replaceAll(/\D/g, "") + randomBytes(5).toString("hex").slice(0, 9)
  );
}
