/** Function URLs and the permissions to use them, as the provider makes them. */

import { z } from "zod";
import { type Account, AwsError } from "./account.ts";
import {
  conflict,
  type DeployedFunction,
  INVOKE,
  INVOKE_URL,
  type Statement,
} from "./deployed-function.ts";
import { DeployedUrl } from "./deployed-url.ts";
import { type Kind, text } from "./kind.ts";
import { ALIAS, type Lambda, NAME } from "./lambda.ts";
import { patiently } from "./patience.ts";

export class FunctionUrls {
  readonly account: Account;
  readonly #lambda: Lambda;

  constructor(account: Account, lambda: Lambda) {
    this.account = account;
    this.#lambda = lambda;
  }

  /** https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunctionUrlConfig.html */
  readonly urlKind: Kind = {
    defaults: { invokeMode: "BUFFERED" },
    computed: ["functionArn", "functionUrl", "region", "urlId"],
    replacing: ["functionName", "qualifier", "region"],
    inputs: z
      .object({
        authorizationType: z.enum(["AWS_IAM", "NONE"]),
        invokeMode: z.enum(["BUFFERED", "RESPONSE_STREAM"]),
        qualifier: text(ALIAS, 128),
      })
      .partial(),
    create: async (inputs, made) => {
      this.account.note("CreateFunctionUrlConfig");
      const deployed = this.#lambda.functionNamed(inputs.functionName);
      const qualifier = String(inputs.qualifier ?? "");
      if (deployed.urls.has(qualifier)) throw conflict("The function has a URL already.");
      const url = new DeployedUrl(deployed, qualifier, inputs.authorizationType);
      await url.restart();
      deployed.urls.set(qualifier, url);
      made([deployed.name, ...(qualifier === "" ? [] : [qualifier])].join("/"));
      if (inputs.authorizationType === "NONE") await openAsTheProvider(deployed, qualifier);
    },
    read: ({ state: { functionName, qualifier = "" } }) => {
      const deployed = this.#lambda.functions.get(String(functionName));
      const found = deployed?.urls.get(String(qualifier));
      return (
        found && {
          authorizationType: found.authorizationType,
          functionArn: found.deployed.arn,
          functionName,
          functionUrl: found.url,
          qualifier,
          region: this.account.region,
          urlId: new URL(found.url).port,
        }
      );
    },
    update: async ({ news }) => {
      this.account.note("UpdateFunctionUrlConfig");
      const { urls } = this.#lambda.functionNamed(news.functionName);
      const url = urls.get(String(news.qualifier ?? ""));
      if (!url) throw new AwsError("ResourceNotFoundException", "The URL does not exist.", 404);
      url.authorizationType = news.authorizationType;
    },
    remove: async ({ state: { functionName, qualifier } }) => {
      this.account.note("DeleteFunctionUrlConfig");
      const urls = this.#lambda.functions.get(String(functionName))?.urls;
      await urls?.get(String(qualifier ?? ""))?.close();
      urls?.delete(String(qualifier ?? ""));
    },
  };

  readonly permissionKind: Kind = {
    named: { property: "statementId", maxLength: 100 },
    computed: ["region", "statementId", "statementIdPrefix"],
    replacing: [
      ...["action", "function", "functionUrlAuthType", "invokedViaFunctionUrl", "principal"],
      ...["qualifier", "region", "statementId", "statementIdPrefix"],
    ],
    // Each condition belongs to one action.
    inputs: z
      .object({
        action: z.enum([INVOKE_URL, INVOKE]),
        functionUrlAuthType: z.enum(["AWS_IAM", "NONE"]),
        invokedViaFunctionUrl: z.boolean(),
        statementId: text(NAME, 100),
      })
      .partial()
      .refine((it) => (it.functionUrlAuthType !== undefined) === (it.action === INVOKE_URL), {
        path: ["functionUrlAuthType"],
        message: `functionUrlAuthType belongs to ${INVOKE_URL}, which needs it`,
      })
      .refine((it) => it.invokedViaFunctionUrl === undefined || it.action === INVOKE, {
        path: ["invokedViaFunctionUrl"],
        message: `invokedViaFunctionUrl belongs to ${INVOKE}`,
      }),
    create: async (inputs, made) => {
      const { functionUrlAuthType, invokedViaFunctionUrl, qualifier = "" } = inputs;
      const statement = {
        statementId: String(inputs.statementId),
        action: String(inputs.action),
        principal: String(inputs.principal),
        qualifier: String(qualifier),
        functionUrlAuthType,
        invokedViaFunctionUrl,
      };
      const deployed = this.#lambda.functionNamed(inputs.function);
      // As the provider does as long as another one is being added.
      await patiently(/in progress/, () => deployed.addPermission(statement));
      made(statement.statementId);
    },
    read: ({ id, state }) => {
      const deployed = this.#lambda.functions.get(String(state.function));
      const found = deployed?.statement(String(state.qualifier ?? ""), id);
      return found && { ...found, function: state.function, region: this.account.region };
    },
    remove: async ({ id, state }) => {
      this.account.note("RemovePermission");
      const deployed = this.#lambda.functions.get(String(state.function));
      const found = deployed?.statement(String(state.qualifier ?? ""), id);
      if (deployed) deployed.policy = deployed.policy.filter((it) => it !== found);
    },
  };
}

/**
 * Adds the two statements that the provider adds when it creates an open URL. They are in no state, so
 * they stay for as long as the function or the alias does.
 * https://github.com/hashicorp/terraform-provider-aws/pull/44858
 */
async function openAsTheProvider(deployed: DeployedFunction, qualifier: string): Promise<void> {
  const everybody = { principal: "*", qualifier };
  const statements: Statement[] = [
    {
      ...everybody,
      statementId: "FunctionURLAllowPublicAccess",
      action: INVOKE_URL,
      functionUrlAuthType: "NONE",
    },
    {
      ...everybody,
      statementId: "FunctionURLAllowInvokeAction",
      action: INVOKE,
      invokedViaFunctionUrl: true,
    },
  ];
  for (const statement of statements) {
    // Unlike for a permission, the provider does not try again while another is being added.
    await deployed.addPermission(statement).catch((error: Error) => {
      if (!error.message.includes("already exists")) throw error;
    });
  }
}
