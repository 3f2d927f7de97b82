/** Roles of IAM and the policies inside them, as the provider makes them. */

import { z } from "zod";
import { type Account, AwsError } from "./account.ts";
import { type Kind, tags, text } from "./kind.ts";
import { isRecord, type Properties } from "./properties.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html */
const NAME = /^[\w+=,.@-]+$/;

/** A policy's text, which the provider reads before AWS does. */
const policyDocument = z.string().refine((value) => {
  try {
    return isRecord(JSON.parse(value));
  } catch {
    return false;
  }
}, "contains an invalid JSON policy");

/** A role, and the policies inside it. */
export class Role {
  readonly arn: string;
  readonly createDate = new Date().toISOString();
  /** The policies by their names. */
  readonly policies = new Map<string, string>();
  trust: string;
  tags: unknown;

  constructor(arn: string, { assumeRolePolicy, tags: given }: Properties) {
    this.arn = arn;
    this.trust = String(assumeRolePolicy);
    this.tags = given;
  }

  /** Lambda may run functions as this role. */
  get admitsLambda(): boolean {
    return statements(this.trust).some(
      ({ Effect, Action, Principal }) =>
        Effect === "Allow" &&
        listOf(Action).includes("sts:AssumeRole") &&
        isRecord(Principal) &&
        listOf(Principal.Service).includes("lambda.amazonaws.com"),
    );
  }

  /** Its policies allow an action on a resource; patterns are only understood at their end. */
  allows(action: string, resource: string): boolean {
    return [...this.policies.values()]
      .flatMap(statements)
      .some(
        (statement) =>
          statement.Effect === "Allow" &&
          listOf(statement.Action).some((pattern) => matches(pattern, action)) &&
          listOf(statement.Resource).some((pattern) => matches(pattern, resource)),
      );
  }
}

export class Iam {
  readonly account: Account;
  readonly roles = new Map<string, Role>();

  constructor(account: Account) {
    this.account = account;
  }

  get resources(): string[] {
    return [...this.roles].flatMap(([name, { policies }]) => [
      `role ${name}`,
      ...[...policies.keys()].map((policy) => `policy ${policy} of role ${name}`),
    ]);
  }

  readonly roleKind: Kind = {
    documents: ["assumeRolePolicy"],
    named: { property: "name", maxLength: 64 },
    defaults: { forceDetachPolicies: false, maxSessionDuration: 3_600, path: "/" },
    computed: [
      ...["arn", "createDate", "inlinePolicies", "managedPolicyArns", "name", "namePrefix"],
      ...["tagsAll", "uniqueId"],
    ],
    recomputed: (changed) => (changed.has("tags") ? ["tagsAll"] : []),
    replacing: ["name", "namePrefix", "path"],
    inputs: z.object({ name: text(NAME, 64), assumeRolePolicy: policyDocument, tags }).partial(),
    create: async (inputs, made) => {
      const name = String(inputs.name);
      this.account.note("CreateRole");
      if (this.roles.has(name)) {
        throw new AwsError("EntityAlreadyExists", `Role with name ${name} already exists.`, 409);
      }
      this.roles.set(name, new Role(this.account.arn("iam", `role/${name}`), inputs));
      made(name);
    },
    read: ({ id }) => {
      const role = this.roles.get(id);
      return (
        role && {
          name: id,
          arn: role.arn,
          assumeRolePolicy: sorted(role.trust),
          createDate: role.createDate,
          // Those that other resources made are read as well.
          inlinePolicies: [...role.policies].map(([name, policy]) => ({ name, policy })),
          tags: role.tags,
          tagsAll: role.tags,
          uniqueId: `AROA${role.createDate.replaceAll(/\D/g, "")}`,
        }
      );
    },
    update: async ({ id, changed, news }) => {
      const role = this.#role(id);
      if (changed.has("tags")) this.account.note("TagRole");
      role.tags = news.tags;
      if (changed.has("assumeRolePolicy")) this.account.note("UpdateAssumeRolePolicy");
      role.trust = String(news.assumeRolePolicy);
    },
    remove: async ({ id }) => {
      this.account.note("DeleteRole");
      if ((this.roles.get(id)?.policies.size ?? 0) > 0) {
        const message = "Cannot delete entity, must delete policies first.";
        throw new AwsError("DeleteConflict", message, 409);
      }
      this.roles.delete(id);
    },
  };

  readonly rolePolicyKind: Kind = {
    documents: ["policy"],
    named: { property: "name", maxLength: 128 },
    computed: ["name", "namePrefix"],
    replacing: ["name", "namePrefix", "role"],
    inputs: z.object({ name: text(NAME, 128), policy: policyDocument }).partial(),
    create: async (inputs, made) => {
      this.#putRolePolicy(inputs);
      made(`${inputs.role}:${inputs.name}`);
    },
    read: ({ state: { role, name } }) => {
      const policy = this.roles.get(String(role))?.policies.get(String(name));
      return policy === undefined ? undefined : { role, name, policy: sorted(policy) };
    },
    update: async ({ news }) => this.#putRolePolicy(news),
    remove: async ({ state: { role, name } }) => {
      this.account.note("DeleteRolePolicy");
      this.roles.get(String(role))?.policies.delete(String(name));
    },
  };

  #putRolePolicy({ role, name, policy }: Properties): void {
    this.account.note("PutRolePolicy");
    this.#role(String(role)).policies.set(String(name), String(policy));
  }

  #role(name: string): Role {
    const role = this.roles.get(name);
    if (role) return role;
    throw new AwsError("NoSuchEntity", `The role with name ${name} cannot be found.`, 404);
  }
}

/** A policy as the provider keeps it: whatever order its keys came in, they are sorted. */
function sorted(policy: string): string {
  return JSON.stringify(JSON.parse(policy), (_, value: unknown) =>
    isRecord(value) ? Object.fromEntries(Object.entries(value).toSorted()) : value,
  );
}

function statements(policy: string): Properties[] {
  const document: unknown = JSON.parse(policy);
  const found = isRecord(document) ? document.Statement : undefined;
  return listOf(found).filter(isRecord);
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [value];
}

function matches(pattern: unknown, value: string): boolean {
  if (typeof pattern !== "string") return false;
  return pattern.endsWith("*") ? value.startsWith(pattern.slice(0, -1)) : pattern === value;
}
