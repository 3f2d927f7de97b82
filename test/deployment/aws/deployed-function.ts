/** A function of Lambda: its code, its versions, who may call it, and its URLs. */

import { rmSync } from "node:fs";
import { basename } from "node:path";
import { codeSha256, filesOf, unpack } from "./archive.ts";
import { AwsError, notFound } from "./aws-error.ts";
import type { Home } from "./home.ts";
import type { Properties } from "./provider-protocol.ts";

/** Code and configuration as they were at one moment. */
export interface Version {
  /** A number, or `$LATEST`, the only one that changes. */
  version: string;
  inputs: Properties;
  folder: string;
  codeSha256: string;
  codeSize: number;
}

/** A URL of the function that answers. */
export interface ServedUrl {
  readonly url: string;
  /** `AWS_IAM` or `NONE`; a change holds for the next request. */
  authorizationType: unknown;
  /** Serves what is deployed now, by environments that are all new. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

const LATEST = "$LATEST";

export class DeployedFunction {
  readonly name: string;
  readonly account: Home;
  readonly permissions = new Map<string, Properties>();
  /** The version behind each alias. */
  readonly aliases = new Map<string, string>();
  /** The environments that are kept ready, by the alias that they belong to. */
  readonly provisioned = new Map<string, number>();
  /** By alias; the key of the URL of $LATEST is empty. */
  readonly urls = new Map<string, ServedUrl>();
  reservedConcurrency: number | undefined;
  readonly #versions = new Map<string, Version>();
  readonly #folders = new Set<string>();

  constructor(account: Home, name: string) {
    this.account = account;
    this.name = name;
  }

  get arn(): string {
    return this.account.arn("lambda", `function:${this.name}`);
  }

  get resources(): string[] {
    return [
      `function ${this.name}`,
      ...[...this.aliases.keys()].map((alias) => `alias ${alias} of ${this.name}`),
      ...[...this.provisioned.keys()].map((alias) => `provisioned concurrency of ${alias}`),
      ...[...this.permissions.keys()].map((id) => `permission ${id} of ${this.name}`),
      ...[...this.urls.values()].map(({ url }) => `URL ${url} of ${this.name}`),
    ];
  }

  get latest(): Version {
    return this.at("");
  }

  /** The number of the version that was published last, or `$LATEST` when none was. */
  get newestVersion(): string {
    return [...this.#versions.keys()].at(-1) ?? LATEST;
  }

  /**
   * What an alias or a version stands for.
   *
   * @param qualifier `$LATEST` when it is empty
   * @throws AwsError when the function has none of that name
   */
  at(qualifier: string): Version {
    const version = this.aliases.get(qualifier) ?? (qualifier || LATEST);
    const found = this.#versions.get(version);
    if (!found) throw notFound(`${this.arn}:${qualifier}`);
    return found;
  }

  /** Takes new code, or keeps what it has, and a new configuration. */
  set(inputs: Properties, code?: unknown): void {
    const files = code === undefined ? undefined : filesOf(code);
    const folder = files ? unpack(files) : this.latest.folder;
    this.#folders.add(folder);
    this.account.folders.add(basename(folder));
    this.#versions.set(LATEST, {
      version: LATEST,
      inputs,
      folder,
      codeSha256: files ? codeSha256(files) : this.latest.codeSha256,
      codeSize: files
        ? [...files.values()].reduce((size, content) => size + content.length, 0)
        : this.latest.codeSize,
    });
  }

  /** Makes a version of what is there now. It stays what it is from then on. */
  publish(): void {
    const version = String(this.#versions.size);
    this.#versions.set(version, { ...this.latest, version });
  }

  /** The executions that may run at once under a reservation, or without one. */
  get concurrencyLimit(): number {
    return this.reservedConcurrency ?? this.account.unreserved;
  }

  /**
   * Keeps environments ready for an alias.
   * https://docs.aws.amazon.com/lambda/latest/api/API_PutProvisionedConcurrencyConfig.html
   */
  provision(qualifier: string, environments: number): void {
    if (this.at(qualifier).version === LATEST) {
      throw new AwsError(
        "InvalidParameterValueException",
        "Provisioned Concurrency Configs cannot be applied to unpublished function versions.",
      );
    }
    if (environments > this.concurrencyLimit) {
      throw new AwsError(
        "InvalidParameterValueException",
        "Requested Provisioned Concurrency should not be greater than the " +
          "reservedConcurrentExecution for function",
      );
    }
    this.provisioned.set(qualifier, environments);
  }

  /** Makes the URLs serve what is deployed now; all their environments are cold afterwards. */
  async restart(): Promise<void> {
    await Promise.all([...this.urls.values()].map((url) => url.restart()));
  }

  async close(): Promise<void> {
    await Promise.all([...this.urls.values()].map((url) => url.close()));
    for (const folder of this.#folders) rmSync(folder, { recursive: true, force: true });
  }
}
