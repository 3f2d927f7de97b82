/** IAM policies: of Lambda, of the functions, and of the identity that runs the experiment. */
import type * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

const Version = "2012-10-17";

/** Lets Lambda run functions, and instances for them, as the role that has this trust policy. */
export const LAMBDA_MAY_ASSUME: aws.iam.PolicyDocument = {
  Version,
  Statement: [
    { Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" },
  ],
};

/**
 * Allows to write into log groups, but not to create them: a late line, after a group was destroyed,
 * must not bring it back.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html
 */
export function mayWriteTo(logGroups: aws.cloudwatch.LogGroup[]): pulumi.Output<string> {
  return pulumi.jsonStringify({
    Version,
    Statement: [
      {
        Effect: "Allow",
        Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
        Resource: oneOrMany(logGroups.map(streamsOf)),
      },
    ],
  });
}

/**
 * Allows Lambda to read the code of a Web Function, which it does whenever an environment starts.
 * https://docs.aws.amazon.com/lambda/latest/dg/web-functions.html
 *
 * @param accountId of the account whose functions these are; those of others are not meant
 */
export function lambdaMayRead(
  bucket: aws.s3.Bucket,
  accountId: pulumi.Input<string>,
): pulumi.Output<string> {
  return pulumi.jsonStringify({
    Version,
    Statement: [
      {
        Effect: "Allow",
        Principal: { Service: "lambda.amazonaws.com" },
        Action: ["s3:GetObject", "s3:GetObjectVersion"],
        Resource: pulumi.interpolate`${bucket.arn}/*`,
        Condition: { StringEquals: { "aws:SourceAccount": accountId } },
      },
    ],
  });
}

/** What callers of a deployed function use of it. */
export interface Callee {
  /** The function's ARN, and that of the alias which its Function URL is of. */
  functionArns?: pulumi.Input<string>[];
  /** The ARN of a Web Function's endpoint. */
  endpointArn?: pulumi.Input<string>;
  logGroup: aws.cloudwatch.LogGroup;
}

/**
 * What an identity needs to run the experiment against URLs that take signed requests only, as the
 * JSON of an IAM policy: to call the functions through their URLs and by no other way, to read the
 * account's limit of concurrency, which belongs to no resource, and to read the functions' logs.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html
 * https://docs.aws.amazon.com/lambda/latest/dg/web-functions-endpoint-access-control.html
 */
export function callerPolicy(callees: Callee[]): pulumi.Output<string> {
  const functions = callees.flatMap(({ functionArns = [] }) => functionArns);
  const endpoints = callees.flatMap(({ endpointArn }) => endpointArn ?? []);
  const logs = callees.map(({ logGroup }) => streamsOf(logGroup));
  const callUrl = [
    {
      Sid: "CallUrl",
      Effect: "Allow",
      Action: "lambda:InvokeFunctionUrl",
      Resource: oneOrMany(functions),
    },
    {
      Sid: "InvokeThroughUrl",
      Effect: "Allow",
      Action: "lambda:InvokeFunction",
      Resource: oneOrMany(functions),
      Condition: { Bool: { "lambda:InvokedViaFunctionUrl": "true" } },
    },
  ];
  const callEndpoint = {
    Sid: "CallWebFunction",
    Effect: "Allow",
    Action: "lambda:InvokeWebFunctionEndpoint",
    Resource: oneOrMany(endpoints),
  };
  return pulumi.jsonStringify({
    Version,
    Statement: [
      ...(functions.length > 0 ? callUrl : []),
      ...(endpoints.length > 0 ? [callEndpoint] : []),
      {
        Sid: "ReadConcurrencyLimit",
        Effect: "Allow",
        Action: "lambda:GetAccountSettings",
        Resource: "*",
      },
      {
        Sid: "ReadLog",
        Effect: "Allow",
        Action: "logs:FilterLogEvents",
        Resource: oneOrMany(logs),
      },
    ],
  });
}

/** As AWS gives a policy back: one text stands by itself, several stand in a list. */
function oneOrMany<T>(values: T[]): T | T[] {
  const [first, ...others] = values;
  return first === undefined || others.length > 0 ? values : first;
}

/**
 * A log group as policies name it, which is with an asterisk for its log streams.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html
 */
function streamsOf(logGroup: aws.cloudwatch.LogGroup): pulumi.Output<string> {
  return pulumi.interpolate`${logGroup.arn}:*`;
}
