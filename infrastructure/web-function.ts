/**
 * A Lambda Web Function: an HTTP server with an endpoint of its own. Pulumi's provider of AWS knows no
 * such resources yet, so CloudFormation makes them; what is around them are resources of Pulumi's.
 * https://docs.aws.amazon.com/lambda/latest/dg/web-functions.html
 */
import assert from "node:assert/strict";
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { WEB_BUNDLE_FILE } from "../basics/bundle.ts";
import type { Deployed } from "../basics/deployed-targets.ts";
import { deploymentHash } from "../basics/models.ts";
import type { Configuration } from "./configuration.ts";
import {
  archive,
  commonOutputs,
  executionRole,
  type FunctionArgs,
  functionLog,
  handlerVariables,
  PATIENCE,
} from "./function-parts.ts";
import { type Callee, lambdaMayRead } from "./policies.ts";

/** AWS's own command waits ten minutes for an endpoint. */
const TIMEOUT_MINUTES = 20;

/** What the prefix of a bucket's name may have: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
const MAX_BUCKET_PREFIX = 37;

export class WebFunction extends pulumi.ComponentResource {
  readonly target: pulumi.Output<Deployed<"web-function">>;
  readonly callee: Callee;

  /** @param name begins the names of all that is created */
  constructor(name: string, args: FunctionArgs) {
    super("lambda-concurrency-test:infrastructure:WebFunction", name);
    const { configuration, tags } = args;
    const { webFunctionMaxEnvironments, webFunctionMaxConcurrency } = configuration;
    const child = { parent: this };

    const logGroup = functionLog(name, "/aws/lambda/web", configuration, tags, child);
    // The service writes to it beside the other, and would make it by itself, to last for ever.
    const localLog = new aws.cloudwatch.LogGroup(
      `${name}-local`,
      {
        name: pulumi.interpolate`${logGroup.name}.local`,
        retentionInDays: configuration.logRetentionDays,
        tags,
      },
      child,
    );
    const { role, logging } = executionRole(name, [logGroup, localLog], tags, child);
    const stored = storedCode(name, args, role, child);
    const stack = new aws.cloudformation.Stack(
      name,
      {
        templateBody: template(configuration, { role, logGroup, object: stored.object }),
        // A creation that failed is taken back, or the next update could not begin anew.
        onFailure: "DELETE",
        timeoutInMinutes: TIMEOUT_MINUTES,
        tags,
      },
      { ...child, customTimeouts: PATIENCE, dependsOn: [logging, stored.access] },
    );

    this.callee = { endpointArn: stack.outputs.apply(outputOf("EndpointArn")), logGroup };
    this.target = pulumi.output({
      model: "web-function" as const,
      url: stack.outputs.apply((outputs) => `https://${outputOf("DomainName")(outputs)}/`),
      functionName: stack.name,
      region: logGroup.region,
      deployment: deploymentHash(args.code, "web-function", [
        webFunctionMaxEnvironments,
        webFunctionMaxConcurrency,
      ]),
      ...commonOutputs(configuration, logGroup),
      maxEnvironments: webFunctionMaxEnvironments,
      maxConcurrency: webFunctionMaxConcurrency,
    });
    this.registerOutputs({ target: this.target });
  }
}

/**
 * The code, where Lambda reads it each time that it starts an environment. A new version of the object
 * is what makes a new revision: CloudFormation compares templates, not contents.
 *
 * @param role is made first, so that it can be assumed by the time that CloudFormation begins: a role
 * that is some seconds old is refused
 * @returns the object, and what lets Lambda read it
 */
function storedCode(
  name: string,
  { tags, code }: FunctionArgs,
  role: aws.iam.Role,
  child: pulumi.CustomResourceOptions,
): { object: aws.s3.BucketObjectv2; access: aws.s3.BucketPolicy } {
  const bucketPrefix = `${name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .slice(0, MAX_BUCKET_PREFIX - 1)}-`;
  const bucket = new aws.s3.Bucket(
    name,
    // Older versions of the code stay in it, and go with it.
    { bucketPrefix, forceDestroy: true, tags },
    { ...child, dependsOn: [role] },
  );
  const closed = new aws.s3.BucketPublicAccessBlock(
    name,
    {
      bucket: bucket.bucket,
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    },
    child,
  );
  const versioning = new aws.s3.BucketVersioning(
    name,
    { bucket: bucket.bucket, versioningConfiguration: { status: "Enabled" } },
    child,
  );
  const accountId = role.arn.apply((arn) => {
    const [, , , , id] = arn.split(":");
    assert(id, "the ARN of a role names its account");
    return id;
  });
  const access = new aws.s3.BucketPolicy(
    name,
    { bucket: bucket.bucket, policy: lambdaMayRead(bucket, accountId) },
    // S3 refuses two such changes at once.
    { ...child, dependsOn: [closed] },
  );
  const object = new aws.s3.BucketObjectv2(
    name,
    {
      bucket: bucket.bucket,
      key: "code.zip",
      source: archive(WEB_BUNDLE_FILE, code),
      contentType: "application/zip",
    },
    { ...child, dependsOn: [versioning] },
  );
  return { object, access };
}

interface Parts {
  role: aws.iam.Role;
  logGroup: aws.cloudwatch.LogGroup;
  object: aws.s3.BucketObjectv2;
}

/**
 * The function, its one revision, and the endpoint that sends all requests there. CloudFormation makes a
 * new revision before it moves the endpoint, and deletes the old one at last.
 *
 * The function is called as the CloudFormation stack is, whose name Pulumi makes: it must be unique in
 * the account over all regions. The types take its name and no ARN.
 */
function template(
  configuration: Configuration,
  { role, logGroup, object }: Parts,
): pulumi.Output<string> {
  const FunctionName = { Ref: "AWS::StackName" };
  const authorization = { AWS_IAM: "IamAuth", NONE: "ApplicationManaged" };
  const attribute = (resource: string, name: string) => ({ "Fn::GetAtt": [resource, name] });
  return pulumi.jsonStringify({
    AWSTemplateFormatVersion: "2010-09-09",
    Description: "A Lambda Web Function that shows which requests share a process",
    Resources: {
      Function: { Type: "AWS::Lambda::WebFunction", Properties: { FunctionName } },
      Revision: {
        Type: "AWS::Lambda::WebFunctionRevision",
        DependsOn: "Function",
        Properties: {
          FunctionName,
          BuildConfig: {
            CodeConfig: {
              S3Object: { Bucket: object.bucket, Key: object.key, VersionId: object.versionId },
            },
            RuntimeConfig: { Runtime: "nodejs24.x" },
          },
          ServiceConfig: {
            ExecutionRoleArn: role.arn,
            TimeoutSeconds: configuration.webFunctionTimeoutSeconds,
            MaxConcurrencyPerEnvironment: configuration.webFunctionMaxConcurrency,
            EnvironmentVariables: handlerVariables(configuration),
            TelemetryConfig: { LoggingConfig: { LogGroup: logGroup.name } },
          },
        },
      },
      Endpoint: {
        Type: "AWS::Lambda::WebFunctionEndpoint",
        DependsOn: "Function",
        Properties: {
          FunctionName,
          EndpointName: "experiment",
          EndpointType: "HomeRegion",
          AuthType: authorization[configuration.urlAuthorization],
          RevisionWeights: [{ RevisionId: attribute("Revision", "RevisionId"), Weight: 100 }],
          ScalingConfig: { MaxEnvironments: configuration.webFunctionMaxEnvironments },
        },
      },
    },
    Outputs: {
      DomainName: { Value: attribute("Endpoint", "DomainName") },
      EndpointArn: { Value: attribute("Endpoint", "EndpointArn") },
    },
  });
}

function outputOf(name: string): (outputs: Record<string, string>) => string {
  return (outputs) => {
    const value = outputs[name];
    if (value !== undefined) return value;
    throw new pulumi.RunError(
      `The CloudFormation stack of the web function has no output ${name}.`,
    );
  };
}
