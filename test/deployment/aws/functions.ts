/** Functions of Lambda that run: their versions, who may call them, and what their URLs serve. */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { defaultConfiguration } from "../../../local-lambda/function-configuration.ts";
import {
  type Authorize,
  forbid,
  iamAuthorization,
  UNSIGNED,
} from "../../../local-lambda/function-url/authorization.ts";
import { respond } from "../../../local-lambda/http-messages.ts";
import { type Account, AwsError, type Kind, type Resource } from "./account.ts";
import type { Logs } from "./logs.ts";
import { type Archive, isArchive, type Properties } from "./properties.ts";
import { ServedUrl } from "./served-url.ts";

const INVOKE_URL = "lambda:InvokeFunctionUrl";
const INVOKE = "lambda:InvokeFunction";

const LATEST = "$LATEST";
/** Executions that must stay unreserved: https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html */
const MIN_UNRESERVED = 100;
/**
 * How long a new URL on Managed Instances does not answer, in milliseconds from the first request on:
 * Powertools for AWS tries its first request again for that reason. Which refusal it is, nobody has
 * written down.
 * https://github.com/aws-powertools/powertools-lambda-typescript/tree/main/packages/logger/tests/e2e
 */
const BOOTING_MS = 200;
const BOOTING = {
  admitted: false as const,
  response: respond(503, {}, JSON.stringify({ Message: "Service Unavailable" })),
};

/** What the provider sends with `UpdateFunctionConfiguration`, and with `UpdateFunctionCode`. */
const CONFIGURATION = [
  ...["capacityProviderConfig", "description", "environment", "handler", "loggingConfig"],
  ...["memorySize", "role", "runtime", "timeout"],
];
const CODE = ["code", "architectures"];

/** The inputs of a function that its environments are made by, as the program's types have them. */
interface Settings {
  code: Archive;
  handler: string;
  memorySize: number;
  timeout: number;
  environment: { variables: Record<string, string> };
  loggingConfig: { logGroup: string };
  capacityProviderConfig?: {
    lambdaManagedInstancesCapacityProviderConfig: { perExecutionEnvironmentMaxConcurrency: number };
  };
}

/** Writes the files of an archive into a folder of their own; gives its path. */
export function unpack({ folder }: Account, code: unknown): string {
  if (!isArchive(code)) throw new Error("The code is no archive.");
  const root = join(folder, code.hash);
  mkdirSync(root, { recursive: true });
  for (const [file, { text }] of Object.entries(code.assets)) writeFileSync(join(root, file), text);
  return root;
}

export function functionKinds(account: Account, logs: Logs): Record<string, Kind> {
  const versionsOf = (name: unknown) =>
    account.all("Version").filter(({ properties }) => properties.name === name);
  const functionArn = (name: unknown) => account.arn("lambda", `function:${name}`);
  const qualified = ({ functionName, qualifier }: Properties) => `${functionName},${qualifier}`;

  /** Makes a version of what there is now, if it is to be published. It stays what it is from then on. */
  function publish({ properties }: Resource, wanted = properties): void {
    if (wanted.publish !== true) return;
    const version = String(versionsOf(properties.name).length + 1);
    account.put("Version", `${properties.name}:${version}`, { ...properties, version });
  }

  /** Refuses a reservation that leaves others too little, or that is less than what is kept ready. */
  function reserve({ properties }: Resource, { reservedConcurrentExecutions }: Properties): void {
    const wanted = Number(reservedConcurrentExecutions);
    if (wanted < 0) return;
    const already = Math.max(0, Number(properties.reservedConcurrentExecutions));
    if (wanted > 0 && unreserved(account) + already - wanted < MIN_UNRESERVED) {
      throw invalid(
        "Specified ReservedConcurrentExecutions for function decreases account's " +
          `UnreservedConcurrentExecution below its minimum value of [${MIN_UNRESERVED}].`,
      );
    }
    const needed = account
      .all("ProvisionedConcurrencyConfig")
      .filter((one) => one.properties.functionName === properties.name)
      .reduce((sum, one) => sum + Number(one.properties.provisionedConcurrentExecutions), 0);
    if (wanted >= needed) return;
    throw invalid(
      `ReservedConcurrentExecutions  ${wanted} should not be lower than function's total ` +
        `provisioned concurrency [${needed}].`,
    );
  }

  /** Removes what belongs to a function, or to one alias of it, and goes with it. */
  async function dropPartsOf(name: unknown, alias?: unknown): Promise<void> {
    for (const type of ["Permission", "FunctionUrl", "FunctionScalingConfig", "Version"]) {
      for (const { id, properties } of account.all(type)) {
        const owner = properties.function ?? properties.functionName ?? properties.name;
        const isPart = alias === undefined || properties.qualifier === alias;
        if (owner === name && isPart) await account.drop(type, id);
      }
    }
  }

  /** The version that an alias stands for, or what there is now. */
  function deployed(name: unknown, alias: unknown): { version: string; settings: Settings } {
    const found =
      alias === undefined ? undefined : account.get("Alias", `${functionArn(name)}:${alias}`);
    const version = found ? String(found.properties.functionVersion) : LATEST;
    const { properties } = found
      ? account.get("Version", `${name}:${version}`)
      : account.get("Function", name);
    return { version, settings: properties as unknown as Settings };
  }

  /** What the URL of a function or an alias serves. */
  function configurationOf({ functionName, qualifier }: Properties) {
    const { version, settings } = deployed(functionName, qualifier);
    const { variables: environmentVariables } = settings.environment;
    const on = settings.capacityProviderConfig?.lambdaManagedInstancesCapacityProviderConfig;
    const reserved = Number(
      account.get("Function", functionName).properties.reservedConcurrentExecutions,
    );
    return {
      ...defaultConfiguration(on && "managed-instances"),
      functionName: String(functionName),
      region: account.region,
      version,
      code: { root: unpack(account, settings.code), handler: settings.handler },
      memoryMb: settings.memorySize,
      timeoutMs: settings.timeout * 1_000,
      concurrencyLimit: reserved < 0 ? unreserved(account) : reserved,
      environmentVariables,
      logGroupName: settings.loggingConfig.logGroup,
      ...(on && {
        environments: leastEnvironments(`${functionName},${version}`),
        workers: Number(environmentVariables.AWS_LAMBDA_NODEJS_WORKER_COUNT),
        maxConcurrency: on.perExecutionEnvironmentMaxConcurrency,
      }),
    };
  }

  function leastEnvironments(id: string): number {
    const { functionScalingConfig } = account.get("FunctionScalingConfig", id).properties;
    return (functionScalingConfig as { minExecutionEnvironments: number }).minExecutionEnvironments;
  }

  /**
   * Anybody may use the function's open URL: since October 2025 that takes two statements, and they
   * must stand on the alias that the URL is of.
   * https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
   */
  function isOpen({ functionName, qualifier }: Properties): boolean {
    const statements = account
      .all("Permission")
      .map(({ properties }) => properties)
      .filter((it) => it.function === functionName && it.qualifier === qualifier)
      .filter((it) => it.principal === "*");
    return (
      statements.some((it) => it.action === INVOKE_URL && it.functionUrlAuthType === "NONE") &&
      statements.some((it) => it.action === INVOKE && it.invokedViaFunctionUrl === true)
    );
  }

  /** https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html */
  function authorizing(url: Resource): Authorize {
    let askedAt: number | undefined;
    return async (request) => {
      const { properties } = url;
      const open = isOpen(properties) ? { admitted: true as const } : forbid(UNSIGNED);
      const admission =
        properties.authorizationType === "AWS_IAM"
          ? await iamAuthorization(account.region, account.credentials)(request)
          : open;
      const { settings } = deployed(properties.functionName, properties.qualifier);
      if (!admission.admitted || !settings.capacityProviderConfig) return admission;
      askedAt ??= Date.now();
      return Date.now() < askedAt + BOOTING_MS ? BOOTING : admission;
    };
  }

  /**
   * Adds the two statements that the provider adds when it creates an open URL. They are in no state,
   * so they stay for as long as the function or the alias does.
   * https://github.com/hashicorp/terraform-provider-aws/pull/44858
   */
  function openAsTheProvider({ functionName, qualifier }: Properties): void {
    for (const [statementId, condition] of [
      ["FunctionURLAllowPublicAccess", { action: INVOKE_URL, functionUrlAuthType: "NONE" }],
      ["FunctionURLAllowInvokeAction", { action: INVOKE, invokedViaFunctionUrl: true }],
    ] as const) {
      account.note("AddPermission");
      const statement = { statementId, function: functionName, qualifier, principal: "*" };
      const properties = { ...statement, ...condition };
      account.put("Permission", permissionId(properties), properties);
    }
  }

  return {
    Function: {
      name: { property: "name", maxLength: 64, pattern: /^[\w-]+$/ },
      defaults: { reservedConcurrentExecutions: -1 },
      computed: {
        arn: { value: ({ id }) => functionArn(id) },
        codeSha256: {
          value: ({ properties }) =>
            Buffer.from((properties as unknown as Settings).code.hash, "hex").toString("base64"),
          follows: CODE,
        },
        region: { value: () => account.region },
        version: {
          value: ({ id }) => versionsOf(id).at(-1)?.properties.version ?? LATEST,
          follows: [...CONFIGURATION, ...CODE],
        },
      },
      replacing: ["name"],
      creates: "CreateFunction",
      changes: [
        { call: "TagResource", of: ["tags"] },
        { call: "UpdateFunctionConfiguration", of: CONFIGURATION },
        { call: "UpdateFunctionCode", of: CODE },
        {
          call: ({ reservedConcurrentExecutions: wanted }) =>
            Number(wanted) < 0 ? "DeleteFunctionConcurrency" : "PutFunctionConcurrency",
          of: ["reservedConcurrentExecutions"],
          afterCreation: true,
          act: reserve,
        },
        {
          call: ({ publish: isPublished }) => (isPublished ? "PublishVersion" : undefined),
          of: [...CONFIGURATION, ...CODE, "publish"],
          act: publish,
        },
      ],
      deletes: "DeleteFunction",
      begin: async (resource) => publish(resource),
      end: ({ id }) => dropPartsOf(id),
    },
    Alias: {
      name: { property: "name", maxLength: 128, pattern: /^(?!\d+$)[\w-]+$/ },
      id: ({ functionName, name }) => `${functionArn(functionName)}:${name}`,
      computed: { arn: { value: ({ id }) => id } },
      replacing: ["functionName", "name"],
      creates: "CreateAlias",
      changes: [{ call: "UpdateAlias", of: ["functionVersion"] }],
      deletes: "DeleteAlias",
      // Assumed: the statements of its policy go with it. No page says so.
      end: ({ properties }) => dropPartsOf(properties.functionName, properties.name),
    },
    ProvisionedConcurrencyConfig: {
      id: qualified,
      replacing: ["functionName", "qualifier"],
      creates: "PutProvisionedConcurrencyConfig",
      changes: [
        { call: "PutProvisionedConcurrencyConfig", of: ["provisionedConcurrentExecutions"] },
      ],
      deletes: "DeleteProvisionedConcurrencyConfig",
    },
    FunctionScalingConfig: {
      id: qualified,
      replacing: ["functionName", "qualifier"],
      creates: "PutFunctionScalingConfig",
      changes: [{ call: "PutFunctionScalingConfig", of: ["functionScalingConfig"] }],
      // Means that the version has as many environments as when nobody says anything.
      deletes: "PutFunctionScalingConfig",
    },
    FunctionUrl: {
      id: ({ functionName, qualifier }) => [functionName, qualifier].filter(Boolean).join("/"),
      computed: { functionUrl: { value: ({ url }) => `http://${url?.host}/` } },
      replacing: ["functionName", "qualifier"],
      creates: "CreateFunctionUrlConfig",
      changes: [{ call: "UpdateFunctionUrlConfig", of: ["authorizationType", "invokeMode"] }],
      deletes: "DeleteFunctionUrlConfig",
      begin: async (resource) => {
        const { properties } = resource;
        resource.url = new ServedUrl({
          configuration: () => configurationOf(properties),
          authorize: authorizing(resource),
          onLog: (group, stream, text) => logs.write(group, stream, text),
        });
        await resource.url.refresh();
        if (properties.authorizationType === "NONE") openAsTheProvider(properties);
      },
    },
    Permission: {
      name: { property: "statementId", maxLength: 100, pattern: /^[\w-]+$/ },
      id: permissionId,
      replacing: [
        ...["action", "function", "functionUrlAuthType", "invokedViaFunctionUrl", "principal"],
        ...["qualifier", "statementId"],
      ],
      creates: "AddPermission",
      deletes: "RemovePermission",
    },
    CapacityProvider: {
      name: { property: "name", maxLength: 140, pattern: /^[\w-]+$/ },
      computed: { arn: { value: ({ id }) => account.arn("lambda", `capacity-provider:${id}`) } },
      replacing: ["instanceRequirements", "name", "permissionsConfig", "vpcConfig"],
      creates: "CreateCapacityProvider",
      changes: [
        { call: "TagResource", of: ["tags"] },
        { call: "UpdateCapacityProvider", of: ["capacityProviderScalingConfigs"] },
      ],
      deletes: "DeleteCapacityProvider",
    },
  };
}

function permissionId({ function: name, qualifier, statementId }: Properties): string {
  return [name, qualifier, statementId].filter(Boolean).join("/");
}

/** Executions at once that no function has reserved. */
export function unreserved(account: Account): number {
  const reserved = account
    .all("Function")
    .map(({ properties }) => Math.max(0, Number(properties.reservedConcurrentExecutions)));
  return reserved.reduce((left, executions) => left - executions, account.concurrentExecutions);
}

function invalid(message: string): AwsError {
  return new AwsError("InvalidParameterValueException", message);
}
