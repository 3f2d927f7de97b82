/** What of CloudFormation the deployment of a web function rests on: what a failure leaves. */

import { expect, onTestFinished, test } from "vitest";
import { StandInAws } from "../stand-in-aws.ts";
import { ASSET_OR_ARCHIVE, type Properties, SIGNATURE } from "./properties.ts";
import type { ProviderAnswer } from "./provider.ts";

const STACK = "aws:cloudformation/stack:Stack";
const ROLE = "arn:aws:iam::123456789012:role/r";
const SERVER = "require('node:http').createServer((_, to) => to.end()).listen(3000);";

function allow(action: string[], rest: Properties): string {
  return JSON.stringify({ Statement: [{ Effect: "Allow", Action: action, ...rest }] });
}

const lambda = { Principal: { Service: "lambda.amazonaws.com" } };
/** What the template refers to, in the order in which it can be made. */
const PARTS: [string, Properties][] = [
  ["aws:cloudwatch/logGroup:LogGroup", { name: "g" }],
  ["aws:iam/role:Role", { name: "r", assumeRolePolicy: allow(["sts:AssumeRole"], lambda) }],
  [
    "aws:iam/rolePolicy:RolePolicy",
    {
      ...{ name: "p", role: "r" },
      policy: allow(["logs:CreateLogStream", "logs:PutLogEvents"], { Resource: "arn:aws:logs:*" }),
    },
  ],
  ["aws:s3/bucket:Bucket", { bucket: "code" }],
  [
    "aws:s3/bucketPolicy:BucketPolicy",
    {
      bucket: "code",
      policy: allow(["s3:GetObject"], { ...lambda, Resource: "arn:aws:s3:::code/*" }),
    },
  ],
  [
    "aws:s3/bucketObjectv2:BucketObjectv2",
    {
      ...{ bucket: "code", key: "code.zip" },
      source: {
        [SIGNATURE]: ASSET_OR_ARCHIVE.archive,
        assets: { "index.js": { [SIGNATURE]: ASSET_OR_ARCHIVE.asset, text: SERVER } },
      },
    },
  ],
];

/** A template, whose resources stand in another order than they are made in. */
function template(seconds: number, AuthType = "ApplicationManaged"): string {
  const FunctionName = { Ref: "AWS::StackName" };
  const RevisionId = { "Fn::GetAtt": ["Revision", "RevisionId"] };
  return JSON.stringify({
    Resources: {
      Endpoint: {
        Type: "AWS::Lambda::WebFunctionEndpoint",
        Properties: {
          ...{ FunctionName, EndpointName: "e", EndpointType: "HomeRegion", AuthType },
          RevisionWeights: [{ RevisionId, Weight: 100 }],
        },
      },
      Revision: {
        Type: "AWS::Lambda::WebFunctionRevision",
        DependsOn: "Function",
        Properties: {
          FunctionName,
          BuildConfig: {
            CodeConfig: { S3Object: { Bucket: "code", Key: "code.zip" } },
            RuntimeConfig: { Runtime: "nodejs24.x" },
          },
          ServiceConfig: {
            ExecutionRoleArn: ROLE,
            TimeoutSeconds: seconds,
            TelemetryConfig: { LoggingConfig: { LogGroup: "g" } },
          },
        },
      },
      Function: { Type: "AWS::Lambda::WebFunction", Properties: { FunctionName } },
    },
    Outputs: { DomainName: { Value: { "Fn::GetAtt": ["Endpoint", "DomainName"] } } },
  });
}

test("a failed creation is taken back as it says, and a failed update leaves what was there", async () => {
  const aws = new StandInAws();
  onTestFinished(() => aws.close());
  for (const [type, news] of PARTS) await aws.provider({ method: "create", type, news });
  const create = (onFailure: string, templateBody: string): Promise<ProviderAnswer> => {
    const news = { name: "site", onFailure, templateBody };
    return aws.provider({ method: "create", type: STACK, news });
  };
  const ofFunction = () =>
    aws.resources.filter((name) => /stack|web function|revision|end/.test(name));

  aws.account.forbidden.add("CreateWebFunctionEndpoint");
  expect((await create("DELETE", template(3))).reason).toContain("not authorized");
  expect(ofFunction()).toEqual([]);
  const inTheWay = await create("ROLLBACK", template(3));
  expect(ofFunction()).toEqual(["stack site, ROLLBACK_COMPLETE"]);
  aws.account.forbidden.clear();
  const { id = "", outputs: state = {} } = inTheWay;
  const update = (templateBody: string): Promise<ProviderAnswer> => {
    const news = { ...state, templateBody };
    return aws.provider({ method: "update", type: STACK, id, state, news });
  };
  expect((await update(template(4))).reason).toContain("ROLLBACK_COMPLETE state and can not");
  await aws.provider({ method: "delete", type: STACK, id, state });

  const made = await create("DELETE", template(3));
  expect(made.reason).toBeUndefined();
  const before = ofFunction();
  const answer = await aws.provider({
    ...{ method: "update", type: STACK, id: made.id ?? "", state: made.outputs ?? {} },
    // The new revision is made, and then the endpoint is none that there can be.
    news: { ...made.outputs, templateBody: template(4, "Nobody") },
  });
  expect(answer.reason).toContain("Properties validation failed for Endpoint: #/AuthType");
  expect(aws.account.takeCalls().slice(-2)).toEqual([
    ...["CreateWebFunctionRevision", "DeleteWebFunctionRevision"],
  ]);
  expect(ofFunction()).toEqual(
    before.map((name) => name.replace("CREATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE")),
  );
});
