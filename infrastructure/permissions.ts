/** Who may do what: the function itself, everybody, and whoever runs the experiment. */
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

/** Lets Lambda run functions as the role that has this trust policy. */
export const LAMBDA_MAY_ASSUME: aws.iam.PolicyDocument = {
  Version: "2012-10-17",
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
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
        Resource: inside(logGroup),
      },
    ],
  });
}

/**
 * Opens a URL to unsigned requests. Both permissions are needed since October 2025; the second holds
 * for calls through the URL only, so that the function cannot be invoked by other ways. A URL of an
 * alias needs them on the alias.
 * https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
 *
 * The provider adds the same two by itself, but only when a URL is created open, and leaves them in
 * the function's policy until the function goes. Ours come and go with the setting. They wait for the
 * URL, since AWS refuses a permission while another one is being added to the same function, and the
 * provider does not try its own again. What it leaves opens nothing once the URL takes signed requests
 * only: the first holds for URLs of the type NONE, and the second alone is not enough.
 * https://github.com/hashicorp/terraform-provider-aws/pull/44858
 *
 * @param alias where the URL is one of an alias
 */
export function admitEverybody(
  name: string,
  url: aws.lambda.FunctionUrl,
  alias: aws.lambda.Alias | undefined,
  options: pulumi.CustomResourceOptions,
): void {
  const everybody = {
    function: url.functionName,
    principal: "*",
    ...(alias && { qualifier: alias.name }),
  };
  const afterUrl = { ...options, dependsOn: [url] };
  new aws.lambda.Permission(
    `${name}-url`,
    { ...everybody, action: "lambda:InvokeFunctionUrl", functionUrlAuthType: "NONE" },
    afterUrl,
  );
  new aws.lambda.Permission(
    `${name}-invoke`,
    { ...everybody, action: "lambda:InvokeFunction", invokedViaFunctionUrl: true },
    afterUrl,
  );
}

/**
 * What an identity needs to run the experiment against a URL that takes signed requests only, as
 * the JSON of an IAM policy: to call the function through its URL and by no other way, to read the
 * account's limit of concurrency, which belongs to no resource, and to read the function's log.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html
 */
export function callerPolicy(
  lambda: aws.lambda.Function,
  alias: aws.lambda.Alias | undefined,
  logGroup: aws.cloudwatch.LogGroup,
): pulumi.Output<string> {
  const callee = alias ? [lambda.arn, alias.arn] : lambda.arn;
  return pulumi.jsonStringify({
    Version: "2012-10-17",
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
        Resource: inside(logGroup),
      },
    ],
  });
}

/**
 * A log group as policies name it, which is with an asterisk for its log streams.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html
 */
function inside(logGroup: aws.cloudwatch.LogGroup): pulumi.Output<string> {
  return pulumi.interpolate`${logGroup.arn}:*`;
}
