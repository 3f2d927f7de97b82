/**
 * Lambda Web Functions, by the types of CloudFormation: functions, their revisions, and endpoints that
 * answer. https://docs.aws.amazon.com/lambda/latest/dg/web-functions.html
 */

import { randomBytes } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { z } from "zod";
import { type Account, AwsError } from "./account.ts";
import { type Archives, removeFolder } from "./archives.ts";
import type { Iam } from "./iam.ts";
import type { Logs } from "./logs.ts";
import type { Properties } from "./properties.ts";
import type { S3 } from "./s3.ts";
import { logGroupOf, type Revision, WebEndpoint } from "./web-endpoint.ts";

/** What a resource of CloudFormation is once it is there. */
export interface Made {
  /** What `Ref` stands for. */
  id: string;
  /** What `Fn::GetAtt` gives. */
  attributes: Record<string, string>;
}

/** A type of resource of CloudFormation: its schema and its handlers. */
export interface CloudFormationType {
  properties: z.ZodType;
  /** The properties whose change takes a new resource. */
  createOnly: readonly string[];
  create(properties: Properties): Promise<Made>;
  /** Left out where every change takes a new resource. */
  update?(id: string, properties: Properties): Promise<void>;
  remove(id: string): Promise<void>;
}

/** How long it takes to make each, in milliseconds. On AWS an endpoint takes minutes. */
const MAKING_MS = { function: 50, revision: 100, endpoint: 150 };

interface WebFunction {
  revisions: Map<string, Revision>;
  endpoints: Map<string, WebEndpoint>;
}

const functionName = z.string().min(1).max(256);
const text = z.string().min(1);

/** Schemas as cfn-lint 1.58 has them, in which the API states more limits than in CloudFormation's. */
const revisionProperties = z.strictObject({
  FunctionName: functionName,
  Description: z.string().max(256).optional(),
  BuildConfig: z.strictObject({
    CodeConfig: z.strictObject({
      S3Object: z.strictObject({ Bucket: text, Key: text, VersionId: z.string().optional() }),
    }),
    RuntimeConfig: z.strictObject({ Runtime: z.enum(["nodejs24.x"]) }),
  }),
  ServiceConfig: z.strictObject({
    ExecutionRoleArn: z.string().regex(/^arn:aws[a-z-]*:iam::\d{12}:role\/.*$/),
    TimeoutSeconds: z.int().min(3).max(900).optional(),
    MaxConcurrencyPerEnvironment: z.int().min(1).max(128).optional(),
    EnvironmentVariables: z
      .record(z.string().regex(/^(?!AWS_|LAMBDA_)[a-zA-Z]\w*$/), z.string().min(1).max(4_096))
      .optional(),
    TelemetryConfig: z
      .strictObject({
        LoggingConfig: z.strictObject({
          LogGroup: z.string().regex(/^[a-zA-Z0-9.\-_/#]{1,500}$/),
          ApplicationLogLevel: z
            .enum(["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"])
            .optional(),
          SystemLogLevel: z.enum(["DEBUG", "INFO", "WARN"]).optional(),
        }),
      })
      .optional(),
  }),
});

const endpointProperties = z.strictObject({
  FunctionName: functionName,
  EndpointName: z.string().min(1).max(256),
  // Of one region, which is all there is here.
  EndpointType: z.enum(["HomeRegion"]),
  AuthType: z.enum(["ApplicationManaged", "IamAuth"]),
  Description: z.string().max(256).optional(),
  RevisionWeights: z.array(z.strictObject({ RevisionId: text, Weight: z.literal(100) })).length(1),
  ScalingConfig: z.strictObject({ MaxEnvironments: z.int().min(2).max(10_000) }).optional(),
});

export class WebFunctions {
  readonly account: Account;
  readonly #iam: Iam;
  readonly #logs: Logs;
  readonly #s3: S3;
  readonly #archives: Archives;
  readonly #functions = new Map<string, WebFunction>();

  constructor(account: Account, iam: Iam, logs: Logs, s3: S3, archives: Archives) {
    this.account = account;
    this.#iam = iam;
    this.#logs = logs;
    this.#s3 = s3;
    this.#archives = archives;
  }

  get resources(): string[] {
    return [...this.#functions].flatMap(([name, { revisions, endpoints }]) => [
      `web function ${name}`,
      ...[...revisions.keys()].map((id) => `revision ${id} of ${name}`),
      ...[...endpoints.keys()].map((endpoint) => `endpoint ${endpoint} of ${name}`),
    ]);
  }

  /** Ends everything that runs. */
  async close(): Promise<void> {
    for (const { revisions, endpoints } of this.#functions.values()) {
      for (const endpoint of endpoints.values()) await endpoint.close();
      for (const { folder } of revisions.values()) removeFolder(folder);
    }
    this.#functions.clear();
  }

  readonly types: Record<string, CloudFormationType> = {
    "AWS::Lambda::WebFunction": {
      properties: z.strictObject({
        FunctionName: z
          .string()
          .regex(/^[a-zA-Z0-9]([\w-]*[a-zA-Z0-9])?$/)
          .min(2)
          .max(64),
        Tags: z.array(z.strictObject({ Key: z.string(), Value: z.string() })).optional(),
      }),
      createOnly: ["FunctionName"],
      create: async ({ FunctionName }) => {
        this.account.note("CreateWebFunction");
        const name = String(FunctionName);
        await wait(MAKING_MS.function);
        if (this.#functions.has(name)) throw conflict(`Function already exists: ${name}`);
        this.#functions.set(name, { revisions: new Map(), endpoints: new Map() });
        const FunctionArn = this.account.arn("lambda", `web-function/${name}`);
        return { id: name, attributes: { FunctionArn, State: "Active" } };
      },
      remove: async (name) => {
        this.account.note("DeleteWebFunction");
        const found = this.#functions.get(name);
        if (found && found.revisions.size + found.endpoints.size > 0) {
          throw conflict(`The function ${name} has revisions or endpoints`);
        }
        this.#functions.delete(name);
      },
    },
    "AWS::Lambda::WebFunctionRevision": {
      properties: revisionProperties,
      createOnly: ["FunctionName", "Description", "KmsKeyArn", "BuildConfig", "ServiceConfig"],
      create: async (properties) => {
        this.account.note("CreateWebFunctionRevision");
        const { name, found } = this.#function(properties);
        const { BuildConfig, ServiceConfig } = properties as z.infer<typeof revisionProperties>;
        this.#checkRole(ServiceConfig);
        const { Bucket, Key, VersionId } = BuildConfig.CodeConfig.S3Object;
        const code = this.#s3.readForLambda(Bucket, Key, VersionId);
        await wait(MAKING_MS.revision);
        const { folder } = this.#archives.unpack(code);
        const RevisionId = randomBytes(8).toString("hex");
        found.revisions.set(RevisionId, { folder, service: ServiceConfig });
        const arn = this.account.arn("lambda", `web-function/${name}/revision/${RevisionId}`);
        return { id: arn, attributes: { RevisionArn: arn, RevisionId, State: "Active" } };
      },
      remove: async (arn) => {
        this.account.note("DeleteWebFunctionRevision");
        const [, name = "", id = ""] = /web-function\/(.+)\/revision\/(.+)$/.exec(arn) ?? [];
        const found = this.#functions.get(name);
        if ([...(found?.endpoints.values() ?? [])].some(({ revisionId }) => revisionId === id)) {
          throw conflict(`An endpoint sends requests to the revision ${id}`);
        }
        const revision = found?.revisions.get(id);
        if (revision) removeFolder(revision.folder);
        found?.revisions.delete(id);
      },
    },
    "AWS::Lambda::WebFunctionEndpoint": {
      properties: endpointProperties,
      createOnly: ["FunctionName", "EndpointName", "EndpointType", "Regions"],
      create: async (properties) => {
        this.account.note("CreateWebFunctionEndpoint");
        const { name, found } = this.#function(properties);
        const { EndpointName } = properties as z.infer<typeof endpointProperties>;
        if (found.endpoints.has(EndpointName)) throw conflict(`There is one: ${EndpointName}`);
        await wait(MAKING_MS.endpoint);
        const endpoint = new WebEndpoint(this.account, this.#logs, name);
        await this.#serve(endpoint, found, properties);
        found.endpoints.set(EndpointName, endpoint);
        const EndpointArn = this.account.arn(
          "lambda",
          `web-function/${name}/endpoint/${EndpointName}`,
        );
        const DomainName = endpoint.domainName;
        return { id: EndpointArn, attributes: { DomainName, EndpointArn, State: "Active" } };
      },
      update: async (_, properties) => {
        this.account.note("UpdateWebFunctionEndpoint");
        const { found } = this.#function(properties);
        const endpoint = found.endpoints.get(String(properties.EndpointName));
        if (!endpoint) throw notFound(`Endpoint not found: ${properties.EndpointName}`);
        await wait(MAKING_MS.endpoint);
        await this.#serve(endpoint, found, properties);
      },
      remove: async (arn) => {
        this.account.note("DeleteWebFunctionEndpoint");
        const [, name = "", id = ""] = /web-function\/(.+)\/endpoint\/(.+)$/.exec(arn) ?? [];
        const found = this.#functions.get(name);
        await found?.endpoints.get(id)?.close();
        found?.endpoints.delete(id);
      },
    },
  };

  /** The function that a revision or an endpoint names, which must not be by its ARN. */
  #function({ FunctionName }: Properties): { name: string; found: WebFunction } {
    const name = String(FunctionName);
    if (name.startsWith("arn:")) throw invalid(`${name} is no valid function name`);
    const found = this.#functions.get(name);
    if (found) return { name, found };
    throw notFound(`Function not found: ${name}`);
  }

  /** At once: CloudFormation does not wait for a role that is too new. */
  #checkRole({ ExecutionRoleArn, TelemetryConfig }: Properties): void {
    const role = this.#iam.assumable(ExecutionRoleArn);
    if (!role) throw invalid(`The role ${ExecutionRoleArn} cannot be assumed by Lambda`);
    const logGroup = logGroupOf({ TelemetryConfig });
    if (logGroup === undefined) return;
    this.#logs.group(logGroup);
    const lack = this.#iam.lackOfLogging(role, logGroup);
    if (lack !== undefined) throw invalid(lack);
  }

  async #serve(endpoint: WebEndpoint, found: WebFunction, properties: Properties): Promise<void> {
    const { AuthType, RevisionWeights } = properties as z.infer<typeof endpointProperties>;
    const [{ RevisionId = "" } = {}] = RevisionWeights;
    const revision = found.revisions.get(RevisionId);
    if (!revision) throw notFound(`Revision not found: ${RevisionId}`);
    endpoint.authType = AuthType;
    await endpoint.serve(RevisionId, revision);
  }
}

function invalid(message: string): AwsError {
  return new AwsError("ValidationException", message);
}

function conflict(message: string): AwsError {
  return new AwsError("ConflictException", message, 409);
}

function notFound(message: string): AwsError {
  return new AwsError("ResourceNotFoundException", message, 404);
}
