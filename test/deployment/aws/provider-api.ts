/** Answers the stand-in provider: what the real one knows of a resource, and what AWS does with it. */

import { randomBytes } from "node:crypto";
import type { Account } from "./account.ts";
import { aliasKind, provisionedConcurrencyKind } from "./alias.ts";
import { isRecord } from "./archive.ts";
import { changesBetween } from "./changes.ts";
import { declaredProperties } from "./declared-properties.ts";
import { functionKind } from "./function.ts";
import { functionUrlKind } from "./function-url.ts";
import { changedBetween, type Kind } from "./kind.ts";
import { logGroupKind } from "./log-group-kind.ts";
import { permissionKind } from "./permission.ts";
import {
  type Failure,
  type Properties,
  type ProviderAnswer,
  type ProviderRequest,
  UNKNOWN,
} from "./provider-protocol.ts";
import { roleKind, rolePolicyKind } from "./role-kinds.ts";

const KINDS: Record<string, Kind> = {
  "aws:cloudwatch/logGroup:LogGroup": logGroupKind,
  "aws:iam/role:Role": roleKind,
  "aws:iam/rolePolicy:RolePolicy": rolePolicyKind,
  "aws:lambda/function:Function": functionKind,
  "aws:lambda/functionUrl:FunctionUrl": functionUrlKind,
  "aws:lambda/permission:Permission": permissionKind,
  "aws:lambda/alias:Alias": aliasKind,
  "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig":
    provisionedConcurrencyKind,
};

/** @throws AwsError when AWS refuses, and Error for a type that the stand-in does not know */
export async function answerProvider(
  account: Account,
  request: ProviderRequest,
): Promise<ProviderAnswer> {
  const { method, type, id = "", olds = {}, oldInputs = {}, news = {} } = request;
  if (method === "invoke") return { outputs: invoke(account, type) };
  const kind = KINDS[type];
  if (!kind) throw new Error(`The stand-in AWS does not know the type ${type}.`);
  switch (method) {
    case "check":
      return check(kind, request.name ?? "", olds, news);
    case "diff":
      return { changes: changesBetween(olds, news, kind.replacing) };
    case "create": {
      if (request.preview) return { id: "", outputs: { ...unknown(kind.computed), ...news } };
      return kind.create(account, news);
    }
    case "update": {
      const existing = { id, outputs: olds, inputs: oldInputs };
      if (!request.preview) return { outputs: await kind.update(account, existing, news) };
      const recomputed = kind.recomputed(changedBetween(oldInputs, news), news);
      return { outputs: { ...olds, ...news, ...unknown(recomputed) } };
    }
    case "delete":
      await kind.remove(account, { id, outputs: olds });
      return {};
  }
}

/** https://www.pulumi.com/registry/packages/aws/api-docs/getregion/ and its like. */
function invoke({ region, id }: Account, name: string): Properties {
  if (name === "aws:index/getRegion:getRegion") return { region, name: region, id: region };
  if (name === "aws:index/getCallerIdentity:getCallerIdentity") return { accountId: id, id };
  if (name === "aws:index/getPartition:getPartition") return { partition: "aws", id: "aws" };
  throw new Error(`The stand-in AWS does not know the function ${name}.`);
}

function unknown(names: readonly string[]): Properties {
  return Object.fromEntries(names.map((name) => [name, UNKNOWN]));
}

function check(kind: Kind, name: string, olds: Properties, news: Properties): ProviderAnswer {
  const inputs = { ...news, ...texts(kind, news), ...generatedName(kind, name, olds, news) };
  const known = Object.fromEntries(
    Object.entries(inputs).filter(([, value]) => !JSON.stringify(value)?.includes(UNKNOWN)),
  );
  return { inputs, failures: [...undeclared(kind, inputs), ...kind.problems(known)] };
}

function texts({ documents = [] }: Kind, news: Properties): Properties {
  const objects = documents.filter((name) => isRecord(news[name]));
  return Object.fromEntries(objects.map((name) => [name, JSON.stringify(news[name])]));
}

function undeclared({ module }: Kind, inputs: Properties): Failure[] {
  const { all, required } = declaredProperties(module);
  const names = Object.keys(inputs).filter((name) => !name.startsWith("__"));
  return [
    ...names
      .filter((name) => !all.has(name))
      .map((property) => ({ property, reason: "the resource has no such property" })),
    ...required
      .filter((name) => !names.includes(name))
      .map((property) => ({ property, reason: "is required and missing" })),
  ];
}

/** The resource's name and seven random digits; it is kept, so that nothing changes by itself. */
function generatedName({ named }: Kind, name: string, olds: Properties, news: Properties) {
  if (!named) return {};
  const { property, maxLength } = named;
  if (news[property] !== undefined || news[`${property}Prefix`] !== undefined) return {};
  const old = olds[property];
  if (typeof old === "string") return { [property]: old };
  const suffix = `-${randomBytes(4).toString("hex").slice(0, 7)}`;
  return { [property]: `${name.slice(0, maxLength - suffix.length)}${suffix}` };
}
