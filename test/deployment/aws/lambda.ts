/**
 * Lambda: what an account has of it in one region, and the provider's types of resources in it.
 * https://docs.aws.amazon.com/lambda/latest/api/welcome.html
 */

import { setTimeout as wait } from "node:timers/promises";
import { z } from "zod";
import { type Account, AwsError } from "./account.ts";
import {
  ADDING_MS,
  conflict,
  DeployedFunction,
  DeployedUrl,
  INVOKE,
  INVOKE_URL,
  LATEST,
  type Statement,
} from "./deployed-function.ts";
import type { Iam } from "./iam.ts";
import { type Kind, tags, text } from "./kind.ts";
import type { LogGroup, Logs } from "./logs.ts";
import { isRecord, type Properties } from "./properties.ts";

/**
 * Concurrent executions of a new account's region, of which a hundred must stay unreserved.
 * https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
 */
const CONCURRENT_EXECUTIONS = 1_000;
const MIN_UNRESERVED = 100;

/** What the provider sends with `UpdateFunctionConfiguration`. */
const CONFIGURATION = [
  ...["description", "environment", "handler", "loggingConfig", "memorySize", "role", "runtime"],
  "timeout",
];

const NAME = /^[a-zA-Z0-9-_]+$/;
const ALIAS = /^(?!\d+$)[a-zA-Z0-9-_]+$/;
/** https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html */
const variables = z
  .record(z.string().regex(/^(?!AWS_(?!LAMBDA_EXEC_WRAPPER)|LAMBDA_)[a-zA-Z]\w+$/), z.string())
  .refine((all) => JSON.stringify(all).length <= 4_096, "the variables take more than 4 KB");

export class Lambda {
  readonly account: Account;
  readonly #iam: Iam;
  readonly logGroups: ReadonlyMap<string, LogGroup>;
  readonly functions = new Map<string, DeployedFunction>();
  /** Every folder in which code was ever unpacked, by its name in the system's temporary folder. */
  readonly folders = new Set<string>();
  /** Set by a test for an account with less. */
  concurrentExecutions = CONCURRENT_EXECUTIONS;

  constructor(account: Account, iam: Iam, logs: Logs) {
    this.account = account;
    this.#iam = iam;
    this.logGroups = logs.groups;
  }

  get resources(): string[] {
    return [...this.functions.values()].flatMap((it) => it.resources);
  }

  /** What functions without a reservation share. */
  get unreserved(): number {
    let reserved = 0;
    for (const { reservedConcurrency } of this.functions.values()) {
      reserved += reservedConcurrency ?? 0;
    }
    return this.concurrentExecutions - reserved;
  }

  /** https://docs.aws.amazon.com/lambda/latest/api/API_GetAccountSettings.html */
  accountSettings(): object {
    const functions = [...this.functions.values()];
    return {
      AccountLimit: {
        TotalCodeSize: 80_530_636_800,
        CodeSizeUnzipped: 262_144_000,
        CodeSizeZipped: 52_428_800,
        ConcurrentExecutions: this.concurrentExecutions,
        UnreservedConcurrentExecutions: this.unreserved,
      },
      AccountUsage: {
        TotalCodeSize: functions.reduce((size, { latest }) => size + latest.codeSize, 0),
        FunctionCount: functions.length,
      },
    };
  }

  /** @throws AwsError when there is no such function */
  functionNamed(name: unknown): DeployedFunction {
    const found = this.functions.get(String(name));
    if (found) return found;
    const message = `Function not found: ${this.account.arn("lambda", `function:${name}`)}`;
    throw new AwsError("ResourceNotFoundException", message, 404);
  }

  /** Deletes a function, if it is there, with everything that is part of it. */
  async delete(name: string): Promise<void> {
    await this.functions.get(name)?.close();
    this.functions.delete(name);
  }

  /** Ends everything that runs. */
  async close(): Promise<void> {
    await Promise.all([...this.functions.values()].map((it) => it.close()));
    this.functions.clear();
  }

  readonly functionKind: Kind = {
    named: { property: "name", maxLength: 64 },
    defaults: {
      ...{ memorySize: 128, packageType: "Zip", publish: false },
      ...{ reservedConcurrentExecutions: -1, skipDestroy: false, timeout: 3 },
    },
    computed: [
      ...["architectures", "arn", "codeSha256", "ephemeralStorage", "invokeArn", "lastModified"],
      ...["loggingConfig", "loggingConfig.applicationLogLevel", "loggingConfig.systemLogLevel"],
      ...["qualifiedArn", "qualifiedInvokeArn", "region", "sourceCodeSize", "tagsAll"],
      ...["tracingConfig", "version"],
    ],
    recomputed: (changed, { publish }) => {
      const loaded = changed.has("code") || changed.has("architectures");
      const configured = CONFIGURATION.some((name) => changed.has(name));
      const published = publish === true && (loaded || configured || changed.has("publish"));
      return [
        ...(loaded ? ["codeSha256", "sourceCodeSize"] : []),
        ...(loaded || configured ? ["lastModified"] : []),
        ...(published ? ["version", "qualifiedArn", "qualifiedInvokeArn"] : []),
        ...(changed.has("tags") ? ["tagsAll"] : []),
      ];
    },
    replacing: ["name", "packageType", "tenancyConfig", "region"],
    inputs: z
      .object({
        name: text(NAME, 64),
        description: z.string().max(256),
        runtime: z.enum(["nodejs22.x", "nodejs24.x"]),
        handler: text(/^\S+$/, 128),
        memorySize: z.int().min(128).max(10_240),
        timeout: z.int().min(1).max(900),
        architectures: z.array(z.enum(["arm64", "x86_64"])).length(1),
        reservedConcurrentExecutions: z.int().min(-1),
        environment: z.object({ variables }),
        loggingConfig: z.object({ logFormat: z.enum(["JSON", "Text"]) }),
        tags,
        code: z.custom((code) => code !== undefined, "one of code, imageUri, s3Bucket"),
      })
      .partial()
      .required({ code: true }),
    create: async (inputs, made) => {
      const name = String(inputs.name);
      this.account.note("CreateFunction");
      if (this.functions.has(name)) throw conflict(`Function already exist: ${name}`);
      this.#checkRole(inputs);
      const { architectures = ["x86_64"] } = inputs;
      const configuration = { ...configurationIn(inputs), architectures };
      const deployed = new DeployedFunction(this, name, configuration, inputs.code);
      deployed.tags = inputs.tags;
      if (inputs.publish === true) deployed.publish();
      this.functions.set(name, deployed);
      made(name);
      const { reservedConcurrentExecutions: reserved } = inputs;
      if (Number(reserved) >= 0) this.#reserve(deployed, Number(reserved));
    },
    read: ({ id }) => {
      const deployed = this.functions.get(id);
      return deployed && asRead(deployed);
    },
    update: async ({ id, changed, news, state }) => {
      const deployed = this.functionNamed(id);
      const { code } = news;
      // Lambda does not tell the code: what the state says of it must not run ahead of what is there.
      news.code = state.code;
      if (changed.has("tags")) this.account.note("TagResource");
      deployed.tags = news.tags;
      const configured = CONFIGURATION.some((name) => changed.has(name));
      if (configured) {
        this.account.note("UpdateFunctionConfiguration");
        this.#checkRole(news);
        deployed.configure(configurationIn(news));
      }
      const loaded = changed.has("code") || changed.has("architectures");
      if (loaded) {
        this.account.note("UpdateFunctionCode");
        deployed.load(code, news.architectures);
      }
      news.code = code;
      const reserved = changed.has("reservedConcurrentExecutions");
      if (reserved) this.#reserve(deployed, Number(news.reservedConcurrentExecutions));
      if (news.publish === true && (configured || loaded || changed.has("publish"))) {
        this.account.note("PublishVersion");
        deployed.publish();
      }
      // Also for a reservation alone, which on AWS leaves environments as they are.
      if (configured || loaded || reserved) await deployed.restart();
    },
    remove: async ({ id }) => {
      this.account.note("DeleteFunction");
      await this.delete(id);
    },
  };

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
      const deployed = this.functionNamed(inputs.functionName);
      const qualifier = String(inputs.qualifier ?? "");
      if (deployed.urls.has(qualifier)) throw conflict("The function has a URL already.");
      const url = new DeployedUrl(deployed, qualifier, inputs.authorizationType);
      await url.restart();
      deployed.urls.set(qualifier, url);
      made([deployed.name, ...(qualifier === "" ? [] : [qualifier])].join("/"));
      if (inputs.authorizationType === "NONE") await openAsTheProvider(deployed, qualifier);
    },
    read: ({ state: { functionName, qualifier = "" } }) => {
      const deployed = this.functions.get(String(functionName));
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
      const { urls } = this.functionNamed(news.functionName);
      const url = urls.get(String(news.qualifier ?? ""));
      if (!url) throw new AwsError("ResourceNotFoundException", "The URL does not exist.", 404);
      url.authorizationType = news.authorizationType;
    },
    remove: async ({ state: { functionName, qualifier } }) => {
      this.account.note("DeleteFunctionUrlConfig");
      const urls = this.functions.get(String(functionName))?.urls;
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
      const deployed = this.functionNamed(inputs.function);
      await patiently(() => deployed.addPermission(statement));
      made(statement.statementId);
    },
    read: ({ id, state }) => {
      const deployed = this.functions.get(String(state.function));
      const found = deployed?.statement(String(state.qualifier ?? ""), id);
      return found && { ...found, function: state.function, region: this.account.region };
    },
    remove: async ({ id, state }) => {
      this.account.note("RemovePermission");
      const deployed = this.functions.get(String(state.function));
      const found = deployed?.statement(String(state.qualifier ?? ""), id);
      if (deployed) deployed.policy = deployed.policy.filter((it) => it !== found);
    },
  };

  /** https://docs.aws.amazon.com/lambda/latest/dg/configuration-aliases.html */
  readonly aliasKind: Kind = {
    named: { property: "name", maxLength: 128 },
    computed: ["arn", "invokeArn", "name", "region"],
    replacing: ["name", "functionName", "region"],
    inputs: z
      .object({ name: text(ALIAS, 128), functionVersion: z.string().regex(/^(\$LATEST|\d+)$/) })
      .partial(),
    create: async (inputs, made) => {
      this.account.note("CreateAlias");
      const deployed = this.functionNamed(inputs.functionName);
      const name = String(inputs.name);
      if (deployed.aliases.has(name)) throw conflict(`Alias already exists: ${name}`);
      deployed.at(String(inputs.functionVersion));
      deployed.aliases.set(name, String(inputs.functionVersion));
      made(`${deployed.arn}:${name}`);
    },
    read: ({ state: { functionName, name } }) => {
      const deployed = this.functions.get(String(functionName));
      const functionVersion = deployed?.aliases.get(String(name));
      if (deployed === undefined || functionVersion === undefined) return undefined;
      const arn = `${deployed.arn}:${name}`;
      const { region } = this.account;
      return { arn, description: "", functionName, functionVersion, invokeArn: arn, name, region };
    },
    update: async ({ changed, news }) => {
      this.account.note("UpdateAlias");
      const deployed = this.functionNamed(news.functionName);
      deployed.at(String(news.functionVersion));
      deployed.aliases.set(String(news.name), String(news.functionVersion));
      if (changed.has("functionVersion")) await deployed.restart();
    },
    remove: async ({ state: { functionName, name } }) => {
      this.account.note("DeleteAlias");
      const deployed = this.functions.get(String(functionName));
      if (!deployed) return;
      deployed.aliases.delete(String(name));
      // Assumed: its statements go with it. No page says so.
      deployed.policy = deployed.policy.filter(({ qualifier }) => qualifier !== name);
    },
  };

  readonly provisionedKind: Kind = {
    defaults: { skipDestroy: false },
    computed: ["region"],
    replacing: ["functionName", "qualifier", "region"],
    inputs: z
      .object({
        provisionedConcurrentExecutions: z.int().min(1),
        // An alias or a version.
        qualifier: z.string().regex(/^[^$]/),
      })
      .partial(),
    create: async (inputs, made) => {
      await this.#provision(inputs);
      made(`${inputs.functionName},${inputs.qualifier}`);
    },
    read: ({ state: { functionName, qualifier } }) => {
      const found = this.functions.get(String(functionName))?.provisioned.get(String(qualifier));
      if (found === undefined) return undefined;
      const { region } = this.account;
      return { functionName, provisionedConcurrentExecutions: found, qualifier, region };
    },
    update: async ({ news }) => this.#provision(news),
    remove: async ({ state: { functionName, qualifier } }) => {
      this.account.note("DeleteProvisionedConcurrencyConfig");
      const deployed = this.functions.get(String(functionName));
      deployed?.provisioned.delete(String(qualifier));
      await deployed?.restart();
    },
  };

  /** https://docs.aws.amazon.com/lambda/latest/api/API_PutProvisionedConcurrencyConfig.html */
  async #provision(inputs: Properties): Promise<void> {
    this.account.note("PutProvisionedConcurrencyConfig");
    const deployed = this.functionNamed(inputs.functionName);
    const [qualifier, environments] = [
      String(inputs.qualifier),
      Number(inputs.provisionedConcurrentExecutions),
    ];
    deployed.at(qualifier);
    if (deployed.versionOf(qualifier) === LATEST) {
      throw invalid(
        "Provisioned Concurrency Configs cannot be applied to unpublished function versions.",
      );
    }
    if (environments > deployed.concurrencyLimit) {
      throw invalid(
        "Requested Provisioned Concurrency should not be greater than the " +
          "reservedConcurrentExecution for function",
      );
    }
    deployed.provisioned.set(qualifier, environments);
    await deployed.restart();
  }

  /** @param executions negative for no reservation */
  #reserve(deployed: DeployedFunction, executions: number): void {
    const { provisioned, reservedConcurrency: already = 0 } = deployed;
    if (executions < 0) {
      this.account.note("DeleteFunctionConcurrency");
      deployed.reservedConcurrency = undefined;
      return;
    }
    this.account.note("PutFunctionConcurrency");
    if (executions > 0 && this.unreserved + already - executions < MIN_UNRESERVED) {
      throw invalid(
        "Specified ReservedConcurrentExecutions for function decreases account's " +
          `UnreservedConcurrentExecution below its minimum value of [${MIN_UNRESERVED}].`,
      );
    }
    const needed = [...provisioned.values()].reduce((sum, count) => sum + count, 0);
    if (executions < needed) {
      throw invalid(
        `ReservedConcurrentExecutions  ${executions} should not be lower than function's total ` +
          `provisioned concurrency [${needed}].`,
      );
    }
    deployed.reservedConcurrency = executions;
  }

  /**
   * Lambda must be able to be the role. That the role may write logs is not asked by AWS, which would
   * rather lose them without a word; here it is, so that a policy that comes too late is noticed.
   */
  #checkRole({ role, loggingConfig: logging }: Properties): void {
    const found = [...this.#iam.roles.values()].find(({ arn }) => arn === role);
    if (!found?.admitsLambda) {
      throw invalid("The role defined for the function cannot be assumed by Lambda.");
    }
    const logGroup = isRecord(logging) ? String(logging.logGroup) : "";
    if (!this.logGroups.has(logGroup)) {
      throw invalid(`The log group ${logGroup} of the function does not exist.`);
    }
    const stream = this.account.arn("logs", `log-group:${logGroup}:log-stream:any`);
    for (const action of ["logs:CreateLogStream", "logs:PutLogEvents"]) {
      if (!found.allows(action, stream)) {
        throw invalid(`The role ${role} is not allowed to ${action} in ${logGroup}.`);
      }
    }
  }
}

function configurationIn(inputs: Properties): Properties {
  return Object.fromEntries(CONFIGURATION.map((name) => [name, inputs[name]]));
}

function asRead(deployed: DeployedFunction): Properties {
  const { arn, latest, name, newestVersion, region } = deployed;
  const { account } = region;
  const logging = isRecord(latest.configuration.loggingConfig)
    ? latest.configuration.loggingConfig
    : {};
  // Lambda fills in the levels of a log in JSON.
  const levels = logging.logFormat === "JSON" && {
    applicationLogLevel: "INFO",
    systemLogLevel: "INFO",
  };
  const invoke = `arn:aws:apigateway:${account.region}:lambda:path/2015-03-31/functions`;
  return {
    ...latest.configuration,
    arn,
    codeSha256: latest.codeSha256,
    ephemeralStorage: { size: 512 },
    invokeArn: `${invoke}/${arn}/invocations`,
    lastModified: deployed.lastModified,
    loggingConfig: { ...levels, ...logging },
    name,
    packageType: "Zip",
    qualifiedArn: `${arn}:${newestVersion}`,
    qualifiedInvokeArn: `${invoke}/${arn}:${newestVersion}/invocations`,
    region: account.region,
    reservedConcurrentExecutions: deployed.reservedConcurrency ?? -1,
    sourceCodeSize: latest.codeSize,
    tags: deployed.tags,
    tagsAll: deployed.tags,
    tracingConfig: { mode: "PassThrough" },
    version: newestVersion,
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

/** Adds a permission as the provider does: once more as long as another one is being added. */
async function patiently(add: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      return await add();
    } catch (error) {
      if (!(error instanceof AwsError && error.message.includes("in progress"))) throw error;
      await wait(ADDING_MS);
    }
  }
}

/** What a service says of a value that it does not take. */
function invalid(message: string): AwsError {
  return new AwsError("InvalidParameterValueException", message);
}
