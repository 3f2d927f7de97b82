/**
 * Function URLs.
 * https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunctionUrlConfig.html
 */

import { AwsError } from "./aws-error.ts";
import type { DeployedFunction, ServedUrl } from "./deployed-function.ts";
import { DeployedUrl } from "./deployed-url.ts";
import type { Kind } from "./kind.ts";
import type { Properties } from "./provider-protocol.ts";
import { judge, oneOf, text } from "./rules.ts";

export const functionUrlKind: Kind = {
  module: "lambda/functionUrl",
  replacing: new Set(["functionName", "qualifier", "region"]),
  computed: ["functionArn", "functionUrl", "urlId", "region"],
  recomputed: () => [],
  problems: (inputs) =>
    judge(inputs, {
      authorizationType: oneOf("AWS_IAM", "NONE"),
      invokeMode: oneOf("BUFFERED", "RESPONSE_STREAM"),
      qualifier: text(/^(?!\d+$)[a-zA-Z0-9-_]+$/, 128),
    }),
  async create(account, inputs) {
    account.note("CreateFunctionUrlConfig");
    const deployed = account.functionNamed(String(inputs.functionName));
    const qualifier = String(inputs.qualifier ?? "");
    if (deployed.urls.has(qualifier)) {
      throw new AwsError("ResourceConflictException", "The function has a URL already.", 409);
    }
    const url = await DeployedUrl.create(deployed, qualifier, inputs.authorizationType);
    deployed.urls.set(qualifier, url);
    const id = [deployed.name, ...(qualifier === "" ? [] : [qualifier])].join("/");
    return { id, outputs: outputs(deployed, url, inputs) };
  },
  async update(account, { inputs }, news) {
    account.note("UpdateFunctionUrlConfig");
    const deployed = account.functionNamed(String(inputs.functionName));
    const url = deployed.urls.get(String(news.qualifier ?? ""));
    if (!url) throw new AwsError("ResourceNotFoundException", "The URL does not exist.", 404);
    url.authorizationType = news.authorizationType;
    return outputs(deployed, url, news);
  },
  async remove(account, { outputs: { functionName, qualifier } }) {
    account.note("DeleteFunctionUrlConfig");
    const urls = account.functions.get(String(functionName))?.urls;
    await urls?.get(String(qualifier ?? ""))?.close();
    urls?.delete(String(qualifier ?? ""));
  },
};

function outputs(deployed: DeployedFunction, { url }: ServedUrl, inputs: Properties): Properties {
  return {
    ...inputs,
    functionUrl: url,
    functionArn: deployed.arn,
    urlId: new URL(url).port,
    region: deployed.account.region,
  };
}
