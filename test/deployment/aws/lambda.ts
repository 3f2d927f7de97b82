/**
 * Lambda: what an account has of it in one region, and the provider's types of resources in it.
 * https://docs.aws.amazon.com/lambda/latest/api/welcome.html
 */

import { setTimeout as wait } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { type Account, AwsError } from "./account.ts";
import type { Archives } from "./archives.ts";
import type { CapacityProviders } from "./capacity-providers.ts";
import { CONCURRENCY_PER_VCPU, conflict, DeployedFunction, LATEST } from "./deployed-function.ts";
import type { Iam } from "./iam.ts";
import { type Kind, tags, text } from "./kind.ts";
import type { LogGroup, Logs } from "./logs.ts";
import { patiently } from "./patience.ts";
import { isRecord, type Properties } from "./properties.ts";

/**
 * Concurrent executions of a new account's region, of which a hundred must stay unreserved.
 * https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
 */
const CONCURRENT_EXECUTIONS = 1_000;
const MIN_UNRESERVED = 100;

/** What the provider sends with `UpdateFunctionConfiguration`. */
const CONFIGURATION = [
  ...["capacityProviderConfig", "description", "environment", "handler", "loggingConfig"],
  ...["memorySize", "publishTo", "role", "runtime", "timeout"],
];

/** How long a change of how many environments there are takes, in milliseconds. */
const SETTLING_MS = 100;

export const NAME = /^[a-zA-Z0-9-_]+$/;
export const ALIAS = /^(?!\d+$)[a-zA-Z0-9-_]+$/;
/** https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html */
const variables = z
  .record(
    z.string().regex(/^(?!AWS_(?!LAMBDA_(EXEC_WRAPPER|NODEJS_WORKER_COUNT))|LAMBDA_)[a-zA-Z]\w+$/),
    z.string(),
  )
  .refine((all) => JSON.stringify(all).length <= 4_096, "the variables take more than 4 KB");

export class Lambda {
  readonly account: Account;
  readonly #iam: Iam;
  readonly logGroups: ReadonlyMap<string, LogGroup>;
  readonly functions = new Map<string, DeployedFunction>();
  readonly archives: Archives;
  readonly capacityProviders: CapacityProviders;
  /** Set by a test for an account with less. */
  concurrentExecutions = CONCURRENT_EXECUTIONS;

  constructor(
    account: Account,
    iam: Iam,
    logs: Logs,
    archives: Archives,
    capacityProviders: CapacityProviders,
  ) {
    this.account = account;
    this.#iam = iam;
    this.logGroups = logs.groups;
    this.archives = archives;
    this.capacityProviders = capacityProviders;
    capacityProviders.users = () => this.functions.values();
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
        memorySize: z.int().min(128).max(32_768),
        timeout: z.int().min(1).max(900),
        architectures: z.array(z.enum(["arm64", "x86_64"])).length(1),
        reservedConcurrentExecutions: z.int().min(-1),
        environment: z.object({ variables }),
        loggingConfig: z.object({ logFormat: z.enum(["JSON", "Text"]) }),
        publishTo: z.literal("LATEST_PUBLISHED"),
        capacityProviderConfig: z.strictObject({
          lambdaManagedInstancesCapacityProviderConfig: z.strictObject({
            capacityProviderArn: z.string(),
            perExecutionEnvironmentMaxConcurrency: z.int().min(1).max(1_600),
            executionEnvironmentMemoryGibPerVcpu: z.number().min(2).max(8),
          }),
        }),
        tags,
        code: z.custom((code) => code !== undefined, "one of code, imageUri, s3Bucket"),
      })
      .partial()
      .required({ code: true })
      .refine((it) => (it.memorySize ?? 0) <= 10_240 || it.capacityProviderConfig !== undefined, {
        path: ["memorySize"],
        message: "more than 10,240 MB takes a capacity provider",
      }),
    create: async (inputs, made) => {
      const name = String(inputs.name);
      this.account.note("CreateFunction");
      if (this.functions.has(name)) throw conflict(`Function already exist: ${name}`);
      await this.#checkRole(inputs);
      const { architectures = ["x86_64"] } = inputs;
      this.#checkCapacity({ ...inputs, architectures });
      const configuration = { ...configurationIn(inputs), architectures };
      const deployed = new DeployedFunction(this, name, configuration, inputs.code);
      deployed.tags = inputs.tags;
      this.functions.set(name, deployed);
      if (inputs.publish === true) deployed.publish();
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
        await this.#checkRole(news);
        // The architecture comes with the code, later.
        const { configuration } = deployed.latest;
        const { architectures } = configuration;
        this.#checkCapacity({ ...news, architectures }, configuration);
        deployed.configure(configurationIn(news));
      }
      const loaded = changed.has("code") || changed.has("architectures");
      if (loaded) {
        this.account.note("UpdateFunctionCode");
        this.#checkCapacity(news);
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
      await deployed.restart();
    },
    remove: async ({ id }) => {
      this.account.note("DeleteFunction");
      await this.delete(id);
    },
  };

  /** https://docs.aws.amazon.com/lambda/latest/dg/configuration-aliases.html */
  readonly aliasKind: Kind = {
    named: { property: "name", maxLength: 128 },
    computed: ["arn", "invokeArn", "name", "region"],
    replacing: ["name", "functionName", "region"],
    inputs: z
      .object({
        name: text(ALIAS, 128),
        functionVersion: z.string().regex(/^(\$LATEST(\.PUBLISHED)?|\d+)$/),
      })
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
    update: async ({ news }) => {
      this.account.note("UpdateAlias");
      const deployed = this.functionNamed(news.functionName);
      deployed.at(String(news.functionVersion));
      deployed.aliases.set(String(news.name), String(news.functionVersion));
      await deployed.restart();
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

  /** https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionScalingConfig.html */
  readonly scalingKind: Kind = {
    computed: ["functionArn", "functionState", "region"],
    recomputed: () => ["functionState"],
    replacing: ["functionName", "qualifier", "region"],
    inputs: z
      .object({
        qualifier: z.string().regex(/^(\$LATEST\.PUBLISHED|[0-9]+)$/),
        functionScalingConfig: z.strictObject({
          minExecutionEnvironments: z.int().min(0).max(15_000).optional(),
          maxExecutionEnvironments: z.int().min(0).max(15_000).optional(),
        }),
      })
      .partial(),
    create: async (inputs, made) => {
      await this.#scale(inputs, inputs.functionScalingConfig);
      made(`${inputs.functionName},${inputs.qualifier}`);
    },
    read: ({ state: { functionName, qualifier } }) => {
      const deployed = this.functions.get(String(functionName));
      const found = deployed?.scalingOf(String(qualifier));
      if (!deployed || !found) return undefined;
      return {
        functionArn: `${deployed.arn}:${qualifier}`,
        functionName,
        functionScalingConfig: {
          minExecutionEnvironments: found.min,
          maxExecutionEnvironments: found.max,
        },
        functionState: "Active",
        qualifier,
        region: this.account.region,
      };
    },
    update: async ({ news }) => this.#scale(news, news.functionScalingConfig),
    // Back to what it is when nobody says anything.
    remove: async ({ state }) => {
      const deployed = this.functions.get(String(state.functionName));
      if (deployed?.scalingOf(String(state.qualifier))) await this.#scale(state, undefined);
    },
  };

  async #scale({ functionName, qualifier }: Properties, config: unknown): Promise<void> {
    this.account.note("PutFunctionScalingConfig");
    const deployed = this.functionNamed(functionName);
    const { minExecutionEnvironments: min, maxExecutionEnvironments: max }: Properties = isRecord(
      config,
    )
      ? config
      : {};
    const wanted = isRecord(config) ? { min: Number(min), max: Number(max) } : undefined;
    await patiently(/not active yet/, () => deployed.scale(String(qualifier), wanted));
    await wait(SETTLING_MS);
    await deployed.restart();
  }

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
    if (deployed.managed(LATEST)) {
      throw invalid("Reserved concurrency is not supported with a capacity provider.");
    }
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

  /** Lambda must be able to be the role, for which the provider waits. */
  async #checkRole({ role, loggingConfig: logging }: Properties): Promise<void> {
    const logGroup = isRecord(logging) ? String(logging.logGroup) : "";
    if (!this.logGroups.has(logGroup)) {
      throw invalid(`The log group ${logGroup} of the function does not exist.`);
    }
    const made = [...this.#iam.roles.values()].find(({ arn }) => arn === role);
    const lack = made && this.#iam.lackOfLogging(made, logGroup);
    if (lack !== undefined) throw invalid(lack);
    await patiently(/cannot be assumed/, () => {
      if (this.#iam.assumable(role)) return;
      throw invalid("The role defined for the function cannot be assumed by Lambda.");
    });
  }

  /**
   * What Managed Instances ask of a function. It cannot be brought onto them, or away from them.
   *
   * @param before what its configuration is, where that changes
   */
  #checkCapacity(inputs: Properties, before?: Properties): void {
    const configOf = ({ capacityProviderConfig: config }: Properties) =>
      isRecord(config) && isRecord(config.lambdaManagedInstancesCapacityProviderConfig)
        ? config.lambdaManagedInstancesCapacityProviderConfig
        : undefined;
    const config = configOf(inputs);
    if (before && (configOf(before) === undefined) !== (config === undefined)) {
      throw invalid(
        "CapacityProviderConfig can't be added to or removed from a function that exists.",
      );
    }
    if (!config) return;
    const provider = this.capacityProviders.withArn(config.capacityProviderArn);
    if (!provider) throw invalid(`No active capacity provider ${config.capacityProviderArn}.`);
    if (!isDeepStrictEqual(provider.architectures, inputs.architectures)) {
      throw invalid("The architecture of the function must be that of its capacity provider.");
    }
    const [memory, ratio] = [
      Number(inputs.memorySize),
      Number(config.executionEnvironmentMemoryGibPerVcpu),
    ];
    if (memory < 2_048 || memory % (ratio * 1_024) !== 0) {
      throw invalid("MemorySize must be 2048 at the least, and a multiple of what a vCPU has.");
    }
    const most = CONCURRENCY_PER_VCPU * (memory / 1_024 / ratio);
    if (Number(config.perExecutionEnvironmentMaxConcurrency) > most) {
      throw invalid(`PerExecutionEnvironmentMaxConcurrency must be at most ${most}.`);
    }
    if (Number(inputs.reservedConcurrentExecutions) >= 0) {
      throw invalid("Reserved concurrency is not supported with a capacity provider.");
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

/** What a service says of a value that it does not take. */
function invalid(message: string): AwsError {
  return new AwsError("InvalidParameterValueException", message);
}
