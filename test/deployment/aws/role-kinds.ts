/** Roles of IAM and the policies inside them, as the provider makes them. */

import type { Account } from "./account.ts";
import { AwsError } from "./aws-error.ts";
import type { Kind } from "./kind.ts";
import type { Properties } from "./provider-protocol.ts";
import { Role } from "./role.ts";
import { judge, policyDocument, tags, text } from "./rules.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html */
const NAME = /^[\w+=,.@-]+$/;

export const roleKind: Kind = {
  module: "iam/role",
  documents: ["assumeRolePolicy"],
  named: { property: "name", maxLength: 64 },
  replacing: new Set(["name", "namePrefix", "path"]),
  computed: ["arn", "createDate", "uniqueId", "tagsAll"],
  recomputed: (changed) => (changed.has("tags") ? ["tagsAll"] : []),
  problems: (inputs) =>
    judge(inputs, { name: text(NAME, 64), assumeRolePolicy: policyDocument, tags }),
  async create(account, inputs) {
    const name = String(inputs.name);
    account.note("CreateRole");
    if (account.roles.has(name)) {
      throw new AwsError("EntityAlreadyExists", `Role with name ${name} already exists.`, 409);
    }
    account.roles.set(name, new Role(name, String(inputs.assumeRolePolicy)));
    return { id: name, outputs: outputs(account, name, inputs) };
  },
  async update(account, { id, inputs, outputs: olds }, news) {
    const role = roleNamed(account, id);
    if (inputs.assumeRolePolicy !== news.assumeRolePolicy) account.note("UpdateAssumeRolePolicy");
    if (JSON.stringify(inputs.tags) !== JSON.stringify(news.tags)) account.note("TagRole");
    role.trust = String(news.assumeRolePolicy);
    return { ...outputs(account, id, news), createDate: olds.createDate };
  },
  async remove(account, { id }) {
    account.note("DeleteRole");
    if ((account.roles.get(id)?.policies.size ?? 0) > 0) {
      throw new AwsError(
        "DeleteConflict",
        "Cannot delete entity, must delete policies first.",
        409,
      );
    }
    account.roles.delete(id);
  },
};

export const rolePolicyKind: Kind = {
  module: "iam/rolePolicy",
  documents: ["policy"],
  named: { property: "name", maxLength: 128 },
  replacing: new Set(["name", "namePrefix", "role"]),
  computed: [],
  recomputed: () => [],
  problems: (inputs) => judge(inputs, { name: text(NAME, 128), policy: policyDocument }),
  async create(account, inputs) {
    account.note("PutRolePolicy");
    const [role, name] = [String(inputs.role), String(inputs.name)];
    roleNamed(account, role).policies.set(name, String(inputs.policy));
    return { id: `${role}:${name}`, outputs: inputs };
  },
  async update(account, { inputs }, news) {
    account.note("PutRolePolicy");
    roleNamed(account, String(inputs.role)).policies.set(String(news.name), String(news.policy));
    return news;
  },
  async remove(account, { outputs: { role, name } }) {
    account.note("DeleteRolePolicy");
    account.roles.get(String(role))?.policies.delete(String(name));
  },
};

function roleNamed(account: Account, name: string): Role {
  const role = account.roles.get(name);
  if (role) return role;
  throw new AwsError("NoSuchEntity", `The role with name ${name} cannot be found.`, 404);
}

function outputs(account: Account, name: string, inputs: Properties): Properties {
  return {
    path: "/",
    maxSessionDuration: 3_600,
    ...inputs,
    arn: account.arn("iam", `role/${name}`),
    createDate: new Date().toISOString(),
    uniqueId: `AROA${name.length}`,
    tagsAll: inputs.tags ?? {},
  };
}
