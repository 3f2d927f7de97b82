/**
 * Aliases of a function, and the environments that are kept ready for them.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-aliases.html
 */

import type { Account } from "./account.ts";
import { AwsError } from "./aws-error.ts";
import type { Kind } from "./kind.ts";
import type { Properties } from "./provider-protocol.ts";
import { judge, text, whole } from "./rules.ts";

export const aliasKind: Kind = {
  module: "lambda/alias",
  named: { property: "name", maxLength: 128 },
  replacing: new Set(["name", "functionName", "region"]),
  computed: ["arn", "invokeArn", "region"],
  recomputed: () => [],
  problems: (inputs) =>
    judge(inputs, {
      name: text(/^(?!\d+$)[a-zA-Z0-9-_]+$/, 128),
      functionVersion: text(/^(\$LATEST|\d+)$/, 1_024),
    }),
  async create(account, inputs) {
    account.note("CreateAlias");
    const deployed = account.functionNamed(String(inputs.functionName));
    const name = String(inputs.name);
    if (deployed.aliases.has(name)) {
      throw new AwsError("ResourceConflictException", `Alias already exists: ${name}`, 409);
    }
    deployed.at(String(inputs.functionVersion));
    deployed.aliases.set(name, String(inputs.functionVersion));
    return { id: `${deployed.arn}:${name}`, outputs: outputs(account, inputs) };
  },
  async update(account, { inputs }, news) {
    account.note("UpdateAlias");
    const deployed = account.functionNamed(String(inputs.functionName));
    deployed.at(String(news.functionVersion));
    deployed.aliases.set(String(news.name), String(news.functionVersion));
    if (inputs.functionVersion !== news.functionVersion) await deployed.restart();
    return outputs(account, news);
  },
  async remove(account, { outputs: { functionName, name } }) {
    account.note("DeleteAlias");
    account.functions.get(String(functionName))?.aliases.delete(String(name));
  },
};

export const provisionedConcurrencyKind: Kind = {
  module: "lambda/provisionedConcurrencyConfig",
  replacing: new Set(["functionName", "qualifier", "region"]),
  computed: ["region"],
  recomputed: () => [],
  problems: (inputs) =>
    judge(inputs, {
      provisionedConcurrentExecutions: whole(1),
      qualifier: (value) =>
        value === "$LATEST" ? "provisioned concurrency needs an alias or a version" : undefined,
    }),
  async create(account, inputs) {
    await provision(account, inputs);
    const id = `${inputs.functionName},${inputs.qualifier}`;
    return { id, outputs: { skipDestroy: false, ...inputs, region: account.region } };
  },
  async update(account, _existing, news) {
    await provision(account, news);
    return { skipDestroy: false, ...news, region: account.region };
  },
  async remove(account, { outputs: { functionName, qualifier } }) {
    account.note("DeleteProvisionedConcurrencyConfig");
    const deployed = account.functions.get(String(functionName));
    deployed?.provisioned.delete(String(qualifier));
    await deployed?.restart();
  },
};

async function provision(account: Account, inputs: Properties): Promise<void> {
  account.note("PutProvisionedConcurrencyConfig");
  const { functionName, qualifier, provisionedConcurrentExecutions } = inputs;
  const deployed = account.functionNamed(String(functionName));
  deployed.provision(String(qualifier), Number(provisionedConcurrentExecutions));
  await deployed.restart();
}

function outputs(account: Account, inputs: Properties): Properties {
  const arn = account.arn("lambda", `function:${inputs.functionName}:${inputs.name}`);
  return { ...inputs, arn, invokeArn: arn, region: account.region };
}
