/**
 * The account behind the stand-in: one table of everything in it, with the calls that make, change and
 * delete each thing. What AWS would refuse a wrong program is not judged here: what a resource waits
 * for and what it is made with is asserted where the program runs under mocks.
 */

import { randomBytes } from "node:crypto";
import {
  type SignedRequest,
  verifySignature,
} from "../../../local-lambda/function-url/authorization.ts";
import { certificateFor } from "../../certificates.ts";
import { temporaryFolder } from "../../processes.ts";
import { type Properties, uniqueDigits } from "./properties.ts";
import type { ServedUrl } from "./served-url.ts";

/** A refusal, with the type and the status that the service documents for it. */
export class AwsError extends Error {
  readonly type: string;
  readonly status: number;

  constructor(type: string, message: string, status = 400) {
    super(message);
    this.name = "AwsError";
    this.type = type;
    this.status = status;
  }
}

/** Something that exists. */
export interface Resource {
  /** The last part of its type, such as `Function`. */
  readonly type: string;
  readonly id: string;
  readonly madeAt: Date;
  /** What it is like now, in the words in which it was asked for. */
  properties: Properties;
  /** Where it answers requests, if it does. */
  url?: ServedUrl;
}

/** What AWS makes up of a resource, and the properties whose change makes it anew. */
interface Computed {
  value(resource: Resource): unknown;
  follows?: readonly string[];
}

/** One call that changes a resource. */
interface Change {
  /** Its name; none where nothing has to be called. */
  call: string | ((news: Properties) => string | undefined);
  /** The properties that it changes, all at once or, when it is refused, none. */
  of: readonly string[];
  /** Nothing that the creation can bring: it takes this call as well. */
  afterCreation?: boolean;
  /**
   * What it brings about beside that, which comes before.
   *
   * @throws AwsError when AWS would not take it
   */
  act?(resource: Resource, news: Properties): void | Promise<void>;
}

/** A type of resource: what Pulumi's provider or CloudFormation knows of it, and what it asks of AWS. */
export interface Kind {
  /** The property that is its name, and how long that may be. */
  name?: { property: string; maxLength: number; pattern: RegExp };
  /** How it is identified, unless by its name. */
  id?(properties: Properties): string;
  /** What is wanted where nobody says anything. */
  defaults?: Properties;
  computed?: Record<string, Computed>;
  /** The properties whose change takes a new resource. */
  replacing?: readonly string[];
  creates: string;
  changes?: readonly Change[];
  deletes: string;
  /** What it takes to begin, once it is known. */
  begin?(resource: Resource): Promise<void>;
  end?(resource: Resource): Promise<void>;
}

export class Account {
  readonly id = "123456789012";
  readonly region = "eu-west-1";
  /**
   * Concurrent executions of a new account's region; a test sets it for an account with less.
   * https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
   */
  concurrentExecutions = 1_000;
  /**
   * Of the one caller, who may do everything. Temporary ones, as most are by now, and known to this
   * test alone, so that finding them anywhere means a leak.
   */
  readonly credentials = {
    accessKeyId: `ASIA${randomBytes(8).toString("hex").toUpperCase()}`,
    secretAccessKey: randomBytes(30).toString("base64"),
    sessionToken: randomBytes(90).toString("base64"),
  };
  /** What is deployed is unpacked in it. */
  readonly folder = temporaryFolder();
  /** Of what answers over HTTPS. */
  readonly certificate = certificateFor("127.0.0.1");
  /** The calls that a test keeps the caller from, such as `CreateFunction`. */
  readonly forbidden = new Set<string>();
  readonly kinds: Record<string, Kind> = {};
  readonly #resources = new Map<string, Resource>();
  #calls: string[] = [];

  /** The types and identifiers of everything that exists. */
  get names(): string[] {
    return [...this.#resources.keys()];
  }

  /** All of a type, oldest first. */
  all(type: string): Resource[] {
    return [...this.#resources.values()].filter((resource) => resource.type === type);
  }

  find(type: string, id: unknown): Resource | undefined {
    return this.#resources.get(`${type} ${id}`);
  }

  /** @throws AwsError when it is not there */
  get(type: string, id: unknown): Resource {
    const found = this.find(type, id);
    if (found) return found;
    throw new AwsError("ResourceNotFoundException", `There is no ${type} ${id}`, 404);
  }

  kind(type: string): Kind {
    const kind = this.kinds[type];
    if (kind) return kind;
    throw new Error(`The stand-in AWS does not know the type ${type}.`);
  }

  /** Makes something by itself, whatever asked for it. */
  put(type: string, id: string, properties: Properties): Resource {
    const resource = { type, id, properties, madeAt: new Date() };
    this.#resources.set(`${type} ${id}`, resource);
    return resource;
  }

  /**
   * Makes a resource.
   *
   * @param made is told of it once it exists: a call after its creation may be refused
   */
  async create(
    type: string,
    wanted: Properties,
    made?: (resource: Resource) => void,
  ): Promise<Resource> {
    const { name, id, creates, defaults = {}, changes = [], begin } = this.kind(type);
    const properties = { ...wanted };
    if (name) properties[name.property] ??= `${wanted[`${name.property}Prefix`]}${uniqueDigits()}`;
    const later = changes
      .filter(({ afterCreation }) => afterCreation)
      .flatMap(({ of }) => of)
      .filter((property) => wanted[property] !== defaults[property]);
    for (const property of later) properties[property] = defaults[property];
    this.note(creates);
    const identity = id ? id(properties) : String(properties[name?.property ?? ""]);
    if (this.find(type, identity)) {
      throw new AwsError("ResourceAlreadyExistsException", `${type} ${identity} exists already`);
    }
    const resource = this.put(type, identity, properties);
    try {
      await begin?.(resource);
    } catch (error) {
      this.#resources.delete(`${type} ${identity}`);
      throw error;
    }
    made?.(resource);
    await this.#change(resource, wanted, new Set(later));
    return resource;
  }

  /** Changes some properties of a resource to what is wanted. */
  async update(resource: Resource, news: Properties, changed: ReadonlySet<string>): Promise<void> {
    const known = new Set(this.kind(resource.type).changes?.flatMap(({ of }) => of));
    const strange = [...changed].filter((property) => !known.has(property));
    if (strange.length > 0) throw new Error(`What changes ${strange} of a ${resource.type}?`);
    await this.#change(resource, news, changed);
    await this.refresh();
  }

  /** Deletes a resource, if it is there. */
  async remove(type: string, id: string): Promise<void> {
    this.note(this.kind(type).deletes);
    await this.drop(type, id);
  }

  /** Makes something disappear by itself. */
  async drop(type: string, id: string): Promise<void> {
    const resource = this.find(type, id);
    if (!resource) return;
    await this.kinds[type]?.end?.(resource);
    await resource.url?.close();
    this.#resources.delete(`${type} ${id}`);
  }

  /** A resource as AWS tells of it. */
  read(resource: Resource): Properties {
    const computed = Object.entries(this.kind(resource.type).computed ?? {});
    const values = computed.map(([property, { value }]) => [property, value(resource)]);
    return { ...resource.properties, ...Object.fromEntries(values) };
  }

  /** Lets everything that answers serve what is there now. */
  async refresh(): Promise<void> {
    await Promise.all([...this.#resources.values()].map(({ url }) => url?.refresh()));
  }

  /** Ends everything that runs. */
  async close(): Promise<void> {
    await Promise.all([...this.#resources.values()].map(({ url }) => url?.close()));
  }

  async #change(resource: Resource, news: Properties, changed: ReadonlySet<string>): Promise<void> {
    for (const { call, of, act } of this.kind(resource.type).changes ?? []) {
      if (!of.some((property) => changed.has(property))) continue;
      const operation = typeof call === "string" ? call : call(news);
      if (operation !== undefined) this.note(operation);
      await act?.(resource, news);
      for (const property of of) {
        if (property in news) resource.properties[property] = news[property];
        else delete resource.properties[property];
      }
    }
  }

  /**
   * Notes a call of an API by its name. The provider's calls that only read are not noted.
   *
   * @throws AwsError where a test forbids it
   */
  note(operation: string): void {
    this.#calls.push(operation);
    if (!this.forbidden.has(operation)) return;
    const message =
      `User: ${this.arn("iam", "user/test")} is not authorized to perform: ${operation} ` +
      "because no identity-based policy allows it";
    throw new AwsError("AccessDeniedException", message, 403);
  }

  /** The calls since the last time that they were taken, in order. */
  takeCalls(): string[] {
    const calls = this.#calls;
    this.#calls = [];
    return calls;
  }

  arn(service: string, resource: string): string {
    const region = service === "iam" ? "" : this.region;
    return `arn:aws:${service}:${region}:${this.id}:${resource}`;
  }

  /**
   * Lets a call in that is signed for this account.
   *
   * @throws AwsError as the service would
   */
  async authenticate(service: string, request: SignedRequest): Promise<void> {
    const { credentials, region } = this;
    const scope = { region, service, now: new Date() };
    const refusal = await verifySignature(request, scope, credentials);
    if (!refusal) return;
    const { errorType, body } = refusal;
    throw new AwsError(errorType, "message" in body ? body.message : body.Message, 403);
  }
}
