/** A function of Lambda that runs: its versions, who may call it, and its URLs, which answer. */

import { setTimeout as wait } from "node:timers/promises";
import { type Account, AwsError } from "./account.ts";
import { type Archives, removeFolder, type UnpackedCode } from "./archives.ts";
import type { CapacityProvider, CapacityProviders } from "./capacity-providers.ts";
import type { LogGroup } from "./logs.ts";
import { isRecord, type Properties } from "./properties.ts";

export const INVOKE_URL = "lambda:InvokeFunctionUrl";
export const INVOKE = "lambda:InvokeFunction";

/** What a function knows of the region that it is in. */
interface Region {
  readonly account: Account;
  readonly logGroups: ReadonlyMap<string, LogGroup>;
  readonly archives: Archives;
  readonly capacityProviders: CapacityProviders;
  /** What functions without a reservation share. */
  readonly unreserved: number;
}

/** Code and configuration as they were at one moment, the capacity provider among them. */
interface Version extends UnpackedCode {
  configuration: Properties;
}

/** What a version has on Managed Instances. */
interface Environments {
  /** Kept running, whether they are used or not. */
  min: number;
  max: number;
  /** When they all run, epoch ms. */
  activeAt: number;
}

/** A version's settings on Managed Instances, with AWS's defaults. */
interface ManagedSettings {
  provider: CapacityProvider;
  vcpus: number;
  /** Of one environment. */
  maxConcurrency: number;
}

/** A Function URL of it. */
export interface Url {
  readonly url: string;
  /** `AWS_IAM` or `NONE`; a change holds for the next request. */
  authorizationType: unknown;
  readonly deployed: DeployedFunction;
  restart(): Promise<void>;
  recycle(): Promise<void>;
  close(): Promise<void>;
}

/** One statement of a function's own policy, in the provider's words. */
export interface Statement extends Properties {
  statementId: string;
  action: string;
  principal: string;
  /** The alias or version that it is for; empty: the function itself. */
  qualifier: string;
}

export const LATEST = "$LATEST";
/** The only version of a function that is published to it, over and over. */
const LATEST_PUBLISHED = "$LATEST.PUBLISHED";
/**
 * Where nobody says otherwise.
 * https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-scaling.html
 */
const DEFAULT_ENVIRONMENTS = 3;
export const CONCURRENCY_PER_VCPU = 64;
/** How long a version's environments take to start, in milliseconds. On AWS it is minutes. */
const STARTING_MS = 300;
/**
 * How long a change of a function's policy goes on, in milliseconds, and refuses every other one. On
 * AWS nobody says how long it is.
 */
const ADDING_MS = 100;

export class DeployedFunction {
  readonly name: string;
  readonly region: Region;
  /** The version behind each alias. */
  readonly aliases = new Map<string, string>();
  /** The environments that are kept ready, by the alias that they belong to. */
  readonly provisioned = new Map<string, number>();
  /** By alias; the key of the URL of $LATEST is empty. */
  readonly urls = new Map<string, Url>();
  policy: Statement[] = [];
  reservedConcurrency: number | undefined;
  tags: unknown;
  lastModified = "";
  /** Of each published version, on Managed Instances. */
  readonly #environments = new Map<string, Environments>();
  readonly #versions = new Map<string, Version>();
  readonly #folders = new Set<string>();
  #published = 0;
  #adding = false;

  /** @param code the archive of it */
  constructor(region: Region, name: string, configuration: Properties, code: unknown) {
    this.region = region;
    this.name = name;
    this.#set({ configuration, ...this.#unpacked(code) });
  }

  /** What an alias or a version says of Managed Instances; `undefined`: it does not run there. */
  managed(qualifier: string): ManagedSettings | undefined {
    const { capacityProviderConfig: config, memorySize } = this.at(qualifier).configuration;
    if (!isRecord(config)) return undefined;
    const inside = config.lambdaManagedInstancesCapacityProviderConfig;
    if (!isRecord(inside)) return undefined;
    const provider = this.region.capacityProviders.withArn(inside.capacityProviderArn);
    if (!provider) return undefined;
    const vcpus = Number(memorySize) / 1_024 / Number(inside.executionEnvironmentMemoryGibPerVcpu);
    const { perExecutionEnvironmentMaxConcurrency: most = CONCURRENCY_PER_VCPU * vcpus } = inside;
    return { provider, vcpus, maxConcurrency: Number(most) };
  }

  /** Of all environments of all its versions, on Managed Instances, by what they run on. */
  get vcpusByProvider(): ReadonlyMap<string, number> {
    const sums = new Map<string, number>();
    for (const version of this.#versions.keys()) {
      const managed = this.managed(version);
      if (!managed) continue;
      const { provider, vcpus } = managed;
      const least = this.#environments.get(version)?.min ?? 0;
      sums.set(provider.arn, (sums.get(provider.arn) ?? 0) + least * vcpus);
    }
    return sums;
  }

  /** How many environments run at the least on Managed Instances, by version. */
  get environments(): Record<string, number> {
    return Object.fromEntries([...this.#environments].map(([version, { min }]) => [version, min]));
  }

  get arn(): string {
    return this.region.account.arn("lambda", `function:${this.name}`);
  }

  get resources(): string[] {
    return [
      `function ${this.name}`,
      ...[...this.aliases.keys()].map((alias) => `alias ${alias} of ${this.name}`),
      ...[...this.provisioned.keys()].map((alias) => `provisioned concurrency of ${alias}`),
      ...this.policy.map(({ statementId }) => `permission ${statementId} of ${this.name}`),
      ...[...this.urls.values()].map(({ url }) => `URL ${url} of ${this.name}`),
    ];
  }

  get latest(): Version {
    return this.at(LATEST);
  }

  /** The number of the version that was published last, or `$LATEST` when none was. */
  get newestVersion(): string {
    return [...this.#versions.keys()].at(-1) ?? LATEST;
  }

  /** The executions that may run at once under a reservation, or without one. */
  get concurrencyLimit(): number {
    return this.reservedConcurrency ?? this.region.unreserved;
  }

  /** The number of what an alias or a version stands for; `$LATEST` when nothing is named. */
  versionOf(qualifier: string): string {
    return this.aliases.get(qualifier) ?? (qualifier || LATEST);
  }

  /** @throws AwsError when the function has no alias or version of that name */
  at(qualifier: string): Version {
    const found = this.#versions.get(this.versionOf(qualifier));
    if (found) return found;
    const message = `Function not found: ${this.arn}:${qualifier}`;
    throw new AwsError("ResourceNotFoundException", message, 404);
  }

  configure(configuration: Properties): void {
    this.#set({
      ...this.latest,
      configuration: { ...this.latest.configuration, ...configuration },
    });
  }

  /** @param code the archive of it */
  load(code: unknown, architectures: unknown): void {
    const configuration = { ...this.latest.configuration, architectures };
    this.#set({ configuration, ...this.#unpacked(code) });
  }

  /** Makes a version of what is there now. It stays what it is from then on. */
  publish(): void {
    // Lambda makes no second version of the same code and configuration.
    if (this.#versions.get(this.newestVersion) === this.latest && this.#versions.size > 1) return;
    const managed = this.managed(LATEST);
    const { publishTo } = this.latest.configuration;
    const version = publishTo === undefined ? String(++this.#published) : LATEST_PUBLISHED;
    this.#versions.set(version, this.latest);
    if (!managed) return;
    const scaling = this.#environments.get(version) ?? {
      min: DEFAULT_ENVIRONMENTS,
      max: DEFAULT_ENVIRONMENTS,
    };
    this.#scale(version, { ...scaling, activeAt: Date.now() + STARTING_MS }, managed.provider);
  }

  /**
   * Changes how many environments a version has on Managed Instances, which must run by then.
   *
   * @param wanted absent: as many as when nobody says otherwise
   * @throws AwsError when the version is not there or not active
   */
  scale(version: string, wanted?: { min: number; max: number }): void {
    this.at(version);
    const now = this.#environments.get(version);
    const provider = this.managed(version)?.provider;
    if (!now || !provider) {
      const message = `${this.arn} does not contain a capacity provider configuration`;
      throw new AwsError("AccessDeniedException", message, 403);
    }
    if (Date.now() < now.activeAt) throw conflict(`The version ${version} is not active yet`);
    const { min, max } = wanted ?? { min: DEFAULT_ENVIRONMENTS, max: DEFAULT_ENVIRONMENTS };
    if (min > max) throw new AwsError("InvalidParameterValueException", "The minimum is too high");
    this.#scale(version, { ...now, min, max }, provider);
  }

  /** How a version is scaled. */
  scalingOf(version: string): Environments | undefined {
    return this.#environments.get(version);
  }

  #scale(version: string, environments: Environments, provider: CapacityProvider): void {
    this.#environments.set(version, environments);
    // A version that there is no room for is never active.
    if (this.region.capacityProviders.vcpusOn(provider) <= provider.maxVcpuCount) return;
    this.#environments.set(version, { ...environments, activeAt: Number.POSITIVE_INFINITY });
  }

  /**
   * Adds a statement to the function's own policy, to which one can be added at a time.
   * https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html
   */
  async addPermission(statement: Statement): Promise<void> {
    const { statementId, qualifier } = statement;
    this.region.account.note("AddPermission");
    this.at(qualifier);
    if (this.#adding) throw conflict("The operation cannot be performed: an update is in progress");
    if (this.statement(qualifier, statementId)) {
      throw conflict(`The statement id (${statementId}) provided already exists`);
    }
    this.#adding = true;
    await wait(ADDING_MS);
    this.#adding = false;
    this.policy.push(statement);
  }

  statement(qualifier: string, statementId: string): Statement | undefined {
    return this.policy.find((it) => it.qualifier === qualifier && it.statementId === statementId);
  }

  /**
   * Anybody may use the function's open URL: since October 2025 that takes two statements, and they
   * must stand on the alias that the URL is of.
   * https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
   */
  isOpen(qualifier: string): boolean {
    const statements = this.policy.filter(
      (it) => it.principal === "*" && it.qualifier === qualifier,
    );
    return (
      statements.some((it) => it.action === INVOKE_URL && it.functionUrlAuthType === "NONE") &&
      statements.some((it) => it.action === INVOKE && it.invokedViaFunctionUrl === true)
    );
  }

  /** Makes the URLs serve what is deployed now; where that has changed, by environments that are new. */
  async restart(): Promise<void> {
    await Promise.all([...this.urls.values()].map((url) => url.restart()));
  }

  async close(): Promise<void> {
    await Promise.all([...this.urls.values()].map((url) => url.close()));
    for (const folder of this.#folders) removeFolder(folder);
  }

  #set(version: Version): void {
    this.#versions.set(LATEST, version);
    this.lastModified = new Date().toISOString();
  }

  #unpacked(code: unknown): UnpackedCode {
    const unpacked = this.region.archives.unpack(code);
    this.#folders.add(unpacked.folder);
    return unpacked;
  }
}

export function conflict(message: string): AwsError {
  return new AwsError("ResourceConflictException", message, 409);
}
