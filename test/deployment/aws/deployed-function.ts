/** A function of Lambda that runs: its versions, who may call it, and its URLs, which answer. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import {
  defaultConfiguration,
  type FunctionConfiguration,
} from "../../../local-lambda/function-configuration.ts";
import {
  type Authorize,
  forbid,
  iamAuthorization,
  UNSIGNED,
} from "../../../local-lambda/function-url/authorization.ts";
import { LocalLambda } from "../../../local-lambda/local-lambda.ts";
import { type Account, AwsError } from "./account.ts";
import type { LogGroup } from "./logs.ts";
import { ASSET_OR_ARCHIVE, isArchive, isRecord, type Properties, SIGNATURE } from "./properties.ts";

export const INVOKE_URL = "lambda:InvokeFunctionUrl";
export const INVOKE = "lambda:InvokeFunction";

/** What a function knows of the region that it is in. */
interface Region {
  readonly account: Account;
  readonly logGroups: ReadonlyMap<string, LogGroup>;
  /** The folders in which code was ever unpacked, by their names in the system's temporary folder. */
  readonly folders: Set<string>;
  /** What functions without a reservation share. */
  readonly unreserved: number;
}

/** Code and configuration as they were at one moment. */
interface Version {
  configuration: Properties;
  folder: string;
  codeSha256: string;
  codeSize: number;
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
/**
 * How long a change of a function's policy goes on, in milliseconds, and refuses every other one. On
 * AWS nobody says how long it is.
 */
export const ADDING_MS = 100;

export class DeployedFunction {
  readonly name: string;
  readonly region: Region;
  /** The version behind each alias. */
  readonly aliases = new Map<string, string>();
  /** The environments that are kept ready, by the alias that they belong to. */
  readonly provisioned = new Map<string, number>();
  /** By alias; the key of the URL of $LATEST is empty. */
  readonly urls = new Map<string, DeployedUrl>();
  policy: Statement[] = [];
  reservedConcurrency: number | undefined;
  tags: unknown;
  lastModified = "";
  readonly #versions = new Map<string, Version>();
  readonly #folders = new Set<string>();
  #adding = false;

  /** @param code the archive of it */
  constructor(region: Region, name: string, configuration: Properties, code: unknown) {
    this.region = region;
    this.name = name;
    this.#set({ configuration, ...this.#unpacked(code) });
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
    this.#versions.set(String(this.#versions.size), this.latest);
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

  /** Makes the URLs serve what is deployed now; all their environments are cold afterwards. */
  async restart(): Promise<void> {
    await Promise.all([...this.urls.values()].map((url) => url.restart()));
  }

  async close(): Promise<void> {
    await Promise.all([...this.urls.values()].map((url) => url.close()));
    for (const folder of this.#folders) rmSync(folder, { recursive: true, force: true });
  }

  #set(version: Version): void {
    this.#versions.set(LATEST, version);
    this.lastModified = new Date().toISOString();
  }

  /** Writes the files of an archive, which a program made, into a new folder. */
  #unpacked(code: unknown): Omit<Version, "configuration"> {
    if (!isArchive(code) || !isRecord(code.assets)) throw new Error("The code is no archive.");
    const folder = mkdtempSync(join(tmpdir(), "test-of-lambda-concurrency-code-"));
    this.#folders.add(folder);
    this.region.folders.add(basename(folder));
    // SHA-256 in base64, as Lambda states it; of names and contents, so that no date is in it.
    const hash = createHash("sha256");
    let codeSize = 0;
    for (const [path, asset] of Object.entries(code.assets).toSorted()) {
      const content = contentOf(asset);
      writeFileSync(join(folder, path), content);
      hash.update(`${path}\0${content.length}\0`).update(content);
      codeSize += content.length;
    }
    return { folder, codeSha256: hash.digest("base64"), codeSize };
  }
}

function contentOf(asset: unknown): Buffer {
  assert(isRecord(asset) && asset[SIGNATURE] === ASSET_OR_ARCHIVE.asset, "It is no asset.");
  return typeof asset.text === "string"
    ? Buffer.from(asset.text)
    : readFileSync(String(asset.path));
}

/** A Function URL that answers: behind it runs the embedded Lambda with what is deployed. */
export class DeployedUrl {
  readonly deployed: DeployedFunction;
  /** The alias that it is of; empty: $LATEST. */
  readonly qualifier: string;
  /** `AWS_IAM` or `NONE`; a change holds for the next request. */
  authorizationType: unknown;
  #lambda: LocalLambda | undefined;
  /** The engine changes several resources at once; each change waits for the one before it. */
  #done: Promise<void> = Promise.resolve();
  #port = 0;

  constructor(deployed: DeployedFunction, qualifier: string, authorizationType: unknown) {
    this.deployed = deployed;
    this.qualifier = qualifier;
    this.authorizationType = authorizationType;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/`;
  }

  /**
   * Serves what is deployed now, by environments that are all new. The first time it takes a free
   * port, which stays the URL's until it is closed.
   */
  restart(): Promise<void> {
    return this.#next(async () => {
      await this.#stop();
      await this.#start();
    });
  }

  close(): Promise<void> {
    return this.#next(() => this.#stop());
  }

  #next(change: () => Promise<void>): Promise<void> {
    const done = this.#done.then(change);
    this.#done = done.catch(() => {});
    return done;
  }

  async #stop(): Promise<void> {
    await this.#lambda?.close();
    this.#lambda = undefined;
  }

  async #start(): Promise<void> {
    const configuration = this.#configuration();
    const logGroup = this.deployed.region.logGroups.get(configuration.logGroupName ?? "");
    const lambda = await LocalLambda.start(configuration, this.#port, {
      authorize: this.#authorize,
      onLog: (environment, text) => logGroup?.write(environment, text),
    });
    this.#lambda = lambda;
    this.#port = Number(lambda.url.port);
  }

  #configuration(): FunctionConfiguration {
    const { region, name, concurrencyLimit } = this.deployed;
    const { configuration, folder } = this.deployed.at(this.qualifier);
    const { environment, loggingConfig, handler, memorySize, timeout } = configuration;
    const variables =
      isRecord(environment) && isRecord(environment.variables) ? environment.variables : {};
    const environmentVariables = Object.fromEntries(
      Object.entries(variables).map(([variable, value]) => [variable, String(value)]),
    );
    return {
      ...defaultConfiguration(),
      functionName: name,
      region: region.account.region,
      version: this.deployed.versionOf(this.qualifier),
      code: { root: folder, handler: String(handler) },
      memoryMb: Number(memorySize),
      timeoutMs: Number(timeout) * 1_000,
      concurrencyLimit,
      environmentVariables,
      ...(isRecord(loggingConfig) && { logGroupName: String(loggingConfig.logGroup) }),
    };
  }

  /** https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html */
  readonly #authorize: Authorize = (request) => {
    const { region, credentials } = this.deployed.region.account;
    if (this.authorizationType === "AWS_IAM") return iamAuthorization(region, credentials)(request);
    if (this.deployed.isOpen(this.qualifier)) return { admitted: true };
    return forbid(UNSIGNED);
  };
}

export function conflict(message: string): AwsError {
  return new AwsError("ResourceConflictException", message, 409);
}
