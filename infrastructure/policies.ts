/** IAM policies: of Lambda, of the function, and of the identity that runs the experiment. */
import type * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

const Version = "2012-10-17";

/** Lets Lambda run functions as the role that has this trust policy. */
export const LAMBDA_MAY_ASSUME: aws.iam.PolicyDocument = {
  Version,
  Statement: [
    { Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" },
  ],
};

/**
 * Allows to write into one log group, but not to create it: a late line, after the group was
 * destroyed, must not bring it back.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html
 */
export function mayWriteTo(logGroup: aws.cloudwatch.LogGroup): pulumi.Output<string> {
  return pulumi.jsonStringify({
    Version,
    Statement: [
      {
        Effect: "Allow",
        Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
        Resource: streamsOf(logGroup),
      },
    ],
  });
}

/**
 * What an identity needs to run the experiment against a URL that takes signed requests only, as
 * the JSON of an IAM policy: to call the function through its URL and by no other way, to read the
 * account's limit of concurrency, which belongs to no resource, and to read the function's log.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html
 *
 * @param callee the function's ARN, and its alias's where the URL is one of an alias
 */
export function callerPolicy(
  callee: pulumi.Input<string> | pulumi.Input<string>[],
  logGroup: aws.cloudwatch.LogGroup,
): pulumi.Output<string> {
  return pulumi.jsonStringify({
    Version,
    Statement: [
      { Sid: "CallUrl", Effect: "Allow", Action: "lambda:InvokeFunctionUrl", Resource: callee },
      {
        Sid: "InvokeThroughUrl",
        Effect: "Allow",
        Action: "lambda:InvokeFunction",
        Resource: callee,
        Condition: { Bool: { "lambda:InvokedViaFunctionUrl": "true" } },
      },
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
        Resource: streamsOf(logGroup),
      },
    ],
  });
}

/**
 * A log group as policies name it, which is with an asterisk for its log streams.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html
 */
function streamsOf(logGroup: aws.cloudwatch.LogGroup): pulumi.Output<string> {
  return pulumi.interpolate`${logGroup.arn}:*`;
}
