/** What a function's own policy allows: its statements are permissions, as the provider has them. */

import type { Properties } from "./provider-protocol.ts";

export const INVOKE_URL = "lambda:InvokeFunctionUrl";
export const INVOKE = "lambda:InvokeFunction";

/**
 * Anybody may use the function's open URL: since October 2025 that takes two statements, and they
 * must stand on the alias that the URL is of.
 * https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
 */
export function isOpen(policy: Iterable<Properties>, qualifier: string): boolean {
  const statements = [...policy].filter(
    ({ principal, qualifier: of = "" }) => principal === "*" && of === qualifier,
  );
  return (
    statements.some(
      ({ action, functionUrlAuthType }) => action === INVOKE_URL && functionUrlAuthType === "NONE",
    ) &&
    statements.some(
      ({ action, invokedViaFunctionUrl }) => action === INVOKE && invokedViaFunctionUrl === true,
    )
  );
}
