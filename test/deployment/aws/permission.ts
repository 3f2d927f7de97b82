/**
 * Statements of a function's own policy: who may call it.
 * https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html
 */

import { declaredProperties } from "./declared-properties.ts";
import { INVOKE, INVOKE_URL } from "./function-policy.ts";
import type { Kind } from "./kind.ts";
import type { Failure, Properties } from "./provider-protocol.ts";
import { judge, oneOf, text } from "./rules.ts";

export const permissionKind: Kind = {
  module: "lambda/permission",
  named: { property: "statementId", maxLength: 100 },
  replacing: declaredProperties("lambda/permission").all,
  computed: ["region"],
  recomputed: () => [],
  problems: (inputs) => [
    ...judge(inputs, {
      action: oneOf(INVOKE_URL, INVOKE),
      functionUrlAuthType: oneOf("AWS_IAM", "NONE"),
      statementId: text(/^[a-zA-Z0-9-_]+$/, 100),
    }),
    ...misplacedConditions(inputs),
  ],
  async create(account, inputs) {
    account.note("AddPermission");
    const deployed = account.functionNamed(String(inputs.function));
    deployed.at(String(inputs.qualifier ?? ""));
    const id = String(inputs.statementId);
    deployed.permissions.set(id, inputs);
    return { id, outputs: { ...inputs, region: account.region } };
  },
  async update(_account, { outputs }) {
    return outputs;
  },
  async remove(account, { id, outputs }) {
    account.note("RemovePermission");
    account.functions.get(String(outputs.function))?.permissions.delete(id);
  },
};

/** Each condition belongs to one action. */
function misplacedConditions(inputs: Properties): Failure[] {
  const { action, functionUrlAuthType, invokedViaFunctionUrl } = inputs;
  const failures: Failure[] = [];
  if ((functionUrlAuthType !== undefined) !== (action === INVOKE_URL)) {
    const reason = `functionUrlAuthType belongs to ${INVOKE_URL}, which needs it`;
    failures.push({ property: "functionUrlAuthType", reason });
  }
  if (invokedViaFunctionUrl !== undefined && action !== INVOKE) {
    const reason = `invokedViaFunctionUrl belongs to ${INVOKE}`;
    failures.push({ property: "invokedViaFunctionUrl", reason });
  }
  return failures;
}
