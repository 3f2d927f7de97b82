/** The Function URL of a function or of an alias, for signed requests or for everybody. */
import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { Configuration } from "./configuration.ts";

/** @param alias that the URL is of; without one it is of the function's unpublished code */
export function functionUrl(
  name: string,
  lambda: aws.lambda.Function,
  alias: aws.lambda.Alias | undefined,
  { urlAuthorization: authorizationType }: Configuration,
  options: pulumi.CustomResourceOptions,
): aws.lambda.FunctionUrl {
  const url = new aws.lambda.FunctionUrl(
    name,
    {
      functionName: lambda.name,
      ...(alias && { qualifier: alias.name }),
      authorizationType,
      invokeMode: "BUFFERED",
    },
    options,
  );
  if (authorizationType === "NONE") admitEverybody(name, url, alias, options);
  return url;
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
 */
function admitEverybody(
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
