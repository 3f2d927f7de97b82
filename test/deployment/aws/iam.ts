/** Roles of IAM, the policies inside them and those attached to them, as the provider makes them. */

import { setTimeout as wait } from "node:timers/promises";
import { z } from "zod";
import { type Account, AwsError } from "./account.ts";
import { type Kind, tags, text } from "./kind.ts";
import { isRecord, type Properties } from "./properties.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html */
const NAME = /^[\w+=,.@-]+$/;

/**
 * How long the creation of a role takes, and how long a new one cannot be assumed yet, in milliseconds.
 * On AWS the second is some seconds.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
 */
const CREATING_MS = 150;
const PROPAGATION_MS = 300;

/** https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-operator-role.html */
export const OPERATOR_POLICY = "arn:aws:iam::aws:policy/AWSLambdaManagedEC2ResourceOperator";
/** AWS's own policies that are known here. */
const MANAGED_POLICIES = [OPERATOR_POLICY];

/** A policy's text, which the provider reads before AWS does. */
export const policyDocument = z.string().refine((value) => {
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
  /** The ARNs of managed policies. */
  readonly attached = new Set<string>();
  trust: string;
  readonly #madeAt = Date.now();
  tags: unknown;

  constructor(arn: string, { assumeRolePolicy, tags: given }: Properties) {
    this.arn = arn;
    this.trust = String(assumeRolePolicy);
    this.tags = given;
  }

  /** Lambda may take this role, which is no longer too new for that. */
  get admitsLambda(): boolean {
    if (Date.now() < this.#madeAt + PROPAGATION_MS) return false;
    return statements(this.trust).some(
      ({ Effect, Action, Principal }) =>
        Effect === "Allow" &&
        listOf(Action).includes("sts:AssumeRole") &&
        isRecord(Principal) &&
        listOf(Principal.Service).includes("lambda.amazonaws.com"),
    );
  }

  /** Its own policies allow an action on a resource. */
  allows(action: string, resource: string): boolean {
    return [...this.policies.values()]
      .flatMap(statements)
      .some((statement) => allows(statement, action, resource));
  }
}

export class Iam {
  readonly account: Account;
  readonly roles = new Map<string, Role>();

  constructor(account: Account) {
    this.account = account;
  }

  get resources(): string[] {
    return [...this.roles].flatMap(([name, { attached, policies }]) => [
      `role ${name}`,
      ...[...policies.keys()].map((policy) => `policy ${policy} of role ${name}`),
      ...[...attached].map((policy) => `${policy} attached to role ${name}`),
    ]);
  }

  /** The role of an ARN, which Lambda can be now; `undefined`: there is none that it can be. */
  assumable(arn: unknown): Role | undefined {
    return [...this.roles.values()].find((role) => role.arn === arn && role.admitsLambda);
  }

  /**
   * What a role lacks in order to write into a log group; `undefined`: nothing. No service asks that,
   * each would rather lose the lines without a word; here it is asked, so that a policy that comes too
   * late is noticed.
   */
  lackOfLogging(role: Role, logGroup: string): string | undefined {
    const stream = this.account.arn("logs", `log-group:${logGroup}:log-stream:any`);
    const lacking = ["logs:CreateLogStream", "logs:PutLogEvents"].find(
      (action) => !role.allows(action, stream),
    );
    return lacking && `The role ${role.arn} is not allowed to ${lacking} in ${logGroup}.`;
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
      await wait(CREATING_MS);
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
          managedPolicyArns: [...role.attached],
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
      const role = this.roles.get(id);
      if ((role?.policies.size ?? 0) + (role?.attached.size ?? 0) > 0) {
        const message = "Cannot delete entity, must delete or detach policies first.";
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

  readonly attachmentKind: Kind = {
    computed: [],
    replacing: ["policyArn", "role"],
    inputs: z.object({ policyArn: z.string().regex(/^arn:/), role: text(NAME, 64) }).partial(),
    create: async ({ role, policyArn }, made) => {
      this.account.note("AttachRolePolicy");
      const attached = this.#role(String(role)).attached;
      if (!MANAGED_POLICIES.includes(String(policyArn))) {
        const message = `Policy ${policyArn} does not exist or is not attachable.`;
        throw new AwsError("NoSuchEntity", message, 404);
      }
      attached.add(String(policyArn));
      made(`${role}/${policyArn}`);
    },
    read: ({ state: { role, policyArn } }) => {
      const attached = this.roles.get(String(role))?.attached;
      return attached?.has(String(policyArn)) ? { role, policyArn } : undefined;
    },
    remove: async ({ state: { role, policyArn } }) => {
      this.account.note("DetachRolePolicy");
      this.roles.get(String(role))?.attached.delete(String(policyArn));
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
export function sorted(policy: string): string {
  return JSON.stringify(JSON.parse(policy), (_, value: unknown) =>
    isRecord(value) ? Object.fromEntries(Object.entries(value).toSorted()) : value,
  );
}

/** A statement allows an action on a resource; patterns are only understood at their end. */
export function allows(statement: Properties, action: string, resource: string): boolean {
  return (
    statement.Effect === "Allow" &&
    listOf(statement.Action).some((pattern) => matches(pattern, action)) &&
    listOf(statement.Resource).some((pattern) => matches(pattern, resource))
  );
}

export function statements(policy: string): Properties[] {
  const document: unknown = JSON.parse(policy);
  const found = isRecord(document) ? document.Statement : undefined;
  return listOf(found).filter(isRecord);
}

export function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [value];
}

function matches(pattern: unknown, value: string): boolean {
  if (typeof pattern !== "string") return false;
  return pattern.endsWith("*") ? value.startsWith(pattern.slice(0, -1)) : pattern === value;
}
