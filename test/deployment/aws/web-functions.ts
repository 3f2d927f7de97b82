/**
 * Lambda Web Functions, which a stack of CloudFormation makes: its template's resources in the order in
 * which they need one another. cfn-lint knows the types, and has a test of its own for the template.
 * https://docs.aws.amazon.com/lambda/latest/dg/web-functions.html
 */

import { createHash, randomBytes, randomUUID } from "node:crypto";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { defaultConfiguration } from "../../../local-lambda/function-configuration.ts";
import {
  type Authorize,
  forbid,
  iamAuthorization,
} from "../../../local-lambda/function-url/authorization.ts";
import { type Account, AwsError, type Kind, type Resource } from "./account.ts";
import { unpack } from "./functions.ts";
import type { Logs } from "./logs.ts";
import { isRecord, type Properties } from "./properties.ts";
import { ServedUrl } from "./served-url.ts";

/** Assumed: what is said where the header that names the payload's hash is missing or wrong. */
const UNHASHED = {
  errorType: "AccessDeniedException",
  body: { Message: "The header X-Amz-Content-SHA256 is missing, or is not of what was sent." },
};

interface Template {
  Resources: Record<string, { Type: string; DependsOn?: string; Properties: Properties }>;
  Outputs: Record<string, { Value: unknown }>;
}

/** What of a revision's properties its environments are made by. */
interface Revision {
  BuildConfig: { CodeConfig: { S3Object: { Bucket: string; Key: string; VersionId: string } } };
  ServiceConfig: {
    TimeoutSeconds: number;
    MaxConcurrencyPerEnvironment: number;
    EnvironmentVariables: Record<string, string>;
    TelemetryConfig: { LoggingConfig: { LogGroup: string } };
  };
}

export function webFunctionKinds(account: Account, logs: Logs): Record<string, Kind> {
  /** What each stack is made of, by the names in its template, in the order in which it was made. */
  const made = new Map<string, Map<string, Resource>>();
  const arnOf = (...parts: unknown[]) => account.arn("lambda", `web-function/${parts.join("/")}`);

  /**
   * Makes of a stack what its template says; what is replaced goes at last. Where a creation fails,
   * all is taken back, as `onFailure` asks for.
   */
  async function apply({ id, properties }: Resource, body: unknown): Promise<void> {
    const template = JSON.parse(String(body)) as Template;
    const there = made.get(id) ?? new Map<string, Resource>();
    made.set(id, there);
    const replaced: Resource[] = [];
    const done = new Set<string>();
    const provide = async (name: string): Promise<void> => {
      const wanted = template.Resources[name];
      if (!wanted) throw new Error(`The template has no resource ${name}.`);
      const needed = JSON.stringify(wanted).matchAll(/"(?:DependsOn":|Fn::GetAtt":\[)"(\w+)"/g);
      for (const [, other = ""] of needed) if (!done.has(other)) await provide(other);
      done.add(name);
      const former = there.get(name);
      const now = await provideOne(
        wanted.Type.replace(/.*:/, ""),
        resolve(wanted.Properties, properties, there) as Properties,
        former,
      );
      if (former && former !== now) replaced.push(former);
      there.set(name, now);
    };
    for (const name of Object.keys(template.Resources)) if (!done.has(name)) await provide(name);
    for (const { type, id: old } of replaced) await account.remove(type, old);
    const values = Object.entries(template.Outputs).map(([name, { Value }]) => [
      name,
      resolve(Value, properties, there),
    ]);
    properties.outputs = Object.fromEntries(values);
  }

  async function provideOne(
    type: string,
    wanted: Properties,
    former: Resource | undefined,
  ): Promise<Resource> {
    if (!former) return account.create(type, wanted);
    const names = Object.keys({ ...wanted, ...former.properties });
    const changed = names.filter(
      (name) => !isDeepStrictEqual(wanted[name], former.properties[name]),
    );
    const { replacing = [] } = account.kind(type);
    if (changed.some((name) => replacing.includes(name))) return account.create(type, wanted);
    if (changed.length > 0) await account.update(former, wanted, new Set(changed));
    return former;
  }

  async function removeAll(stack: string): Promise<void> {
    for (const { type, id } of [...(made.get(stack)?.values() ?? [])].toReversed()) {
      await account.remove(type, id);
    }
    made.delete(stack);
  }

  /** Puts in what `Ref` and `Fn::GetAtt` stand for. */
  function resolve(
    value: unknown,
    { name }: Properties,
    there: ReadonlyMap<string, Resource>,
  ): unknown {
    return JSON.parse(JSON.stringify(value), (_, inside: unknown) => {
      if (!isRecord(inside)) return inside;
      if (inside.Ref === "AWS::StackName") return name;
      const [resource, attribute] = [inside["Fn::GetAtt"] ?? []].flat().map(String);
      const found = there.get(resource ?? "");
      return found ? account.read(found)[attribute ?? ""] : inside;
    });
  }

  function configurationOf({ properties }: Resource) {
    const [{ RevisionId }] = properties.RevisionWeights as [{ RevisionId: string }];
    const { FunctionName } = properties;
    const revision = account.get(
      "WebFunctionRevision",
      arnOf(FunctionName, "revision", RevisionId),
    ).properties;
    const { BuildConfig, ServiceConfig } = revision as unknown as Revision;
    return {
      ...defaultConfiguration("web-function"),
      functionName: String(FunctionName),
      region: account.region,
      version: RevisionId,
      // The version is the hash of the archive, after which its folder is called.
      code: {
        root: join(account.folder, BuildConfig.CodeConfig.S3Object.VersionId),
        handler: "index.js",
      },
      timeoutMs: ServiceConfig.TimeoutSeconds * 1_000,
      maxConcurrency: ServiceConfig.MaxConcurrencyPerEnvironment,
      environmentVariables: ServiceConfig.EnvironmentVariables,
      logGroupName: ServiceConfig.TelemetryConfig.LoggingConfig.LogGroup,
    };
  }

  /** https://docs.aws.amazon.com/lambda/latest/dg/web-functions-endpoint-access-control.html */
  function authorizing({ properties }: Resource): Authorize {
    return (request) => {
      if (properties.AuthType !== "IamAuth") return { admitted: true };
      const sha256 = createHash("sha256").update(request.body).digest("hex");
      const [stated] = [request.headers["x-amz-content-sha256"]].flat();
      if (stated !== sha256) return forbid(UNHASHED);
      return iamAuthorization(account.region, account.credentials)(request);
    };
  }

  return {
    Stack: {
      name: { property: "name", maxLength: 128, pattern: /^[a-zA-Z][-a-zA-Z0-9]*$/ },
      id: ({ name }) => account.arn("cloudformation", `stack/${name}/${randomUUID()}`),
      computed: {
        outputs: { value: ({ properties }) => properties.outputs, follows: ["templateBody"] },
      },
      replacing: ["name", "onFailure", "timeoutInMinutes"],
      creates: "CreateStack",
      changes: [
        {
          call: "UpdateStack",
          of: ["tags", "templateBody"],
          act: (stack, { templateBody }) => apply(stack, templateBody),
        },
      ],
      deletes: "DeleteStack",
      begin: async (stack) => {
        if (stack.properties.onFailure !== "DELETE")
          throw new Error("Nothing would be taken back.");
        try {
          await apply(stack, stack.properties.templateBody);
        } catch (error) {
          await removeAll(stack.id);
          throw error;
        }
      },
      end: ({ id }) => removeAll(id),
    },
    WebFunction: {
      name: {
        property: "FunctionName",
        maxLength: 64,
        pattern: /^[a-zA-Z0-9]([\w-]*[a-zA-Z0-9])?$/,
      },
      replacing: ["FunctionName"],
      creates: "CreateWebFunction",
      deletes: "DeleteWebFunction",
    },
    WebFunctionRevision: {
      id: ({ FunctionName }) => arnOf(FunctionName, "revision", randomBytes(8).toString("hex")),
      computed: { RevisionId: { value: ({ id }) => id.split("/").at(-1) } },
      replacing: ["BuildConfig", "FunctionName", "ServiceConfig"],
      creates: "CreateWebFunctionRevision",
      deletes: "DeleteWebFunctionRevision",
      begin: async ({ properties }) => {
        const { CodeConfig } = (properties as unknown as Revision).BuildConfig;
        const { Bucket, Key, VersionId } = CodeConfig.S3Object;
        const object = account.get("BucketObjectv2", `${Bucket}/${Key}`);
        if (account.read(object).versionId !== VersionId) {
          throw new AwsError("NoSuchVersion", `s3://${Bucket}/${Key} has no such version`);
        }
        unpack(account, object.properties.source);
      },
    },
    WebFunctionEndpoint: {
      id: ({ FunctionName, EndpointName }) => arnOf(FunctionName, "endpoint", EndpointName),
      computed: {
        DomainName: { value: ({ url }) => url?.host },
        EndpointArn: { value: ({ id }) => id },
      },
      replacing: ["EndpointName", "EndpointType", "FunctionName"],
      creates: "CreateWebFunctionEndpoint",
      changes: [
        {
          call: "UpdateWebFunctionEndpoint",
          of: ["AuthType", "RevisionWeights", "ScalingConfig"],
        },
      ],
      deletes: "DeleteWebFunctionEndpoint",
      begin: async (endpoint) => {
        endpoint.url = new ServedUrl({
          configuration: () => configurationOf(endpoint),
          authorize: authorizing(endpoint),
          certificate: account.certificate,
          // The service writes there by itself, whether somebody has made the second one or not.
          onLog: (group, stream, text) => {
            for (const name of [group, `${group}.local`]) logs.write(name, stream, text);
          },
        });
        await endpoint.url.refresh();
      },
    },
  };
}
