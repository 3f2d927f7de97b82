/** What the account allows, as far as the caller may ask. */

import { GetAccountSettingsCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { unlessAborted } from "../core/abort.ts";
import type { CredentialProvider } from "./aws-credentials.ts";

const TIMEOUT_MS = 5_000;

/**
 * How many executions at once the account has left for functions without a reservation of their
 * own.
 * https://docs.aws.amazon.com/lambda/latest/api/API_GetAccountSettings.html
 *
 * @returns `undefined` when the caller may not ask (`lambda:GetAccountSettings`), or nobody answers
 */
export async function unreservedConcurrency(
  region: string,
  credentials: CredentialProvider,
): Promise<number | undefined> {
  const client = new LambdaClient({ region, credentials, maxAttempts: 1 });
  const abortSignal = AbortSignal.timeout(TIMEOUT_MS);
  try {
    const asking = client.send(new GetAccountSettingsCommand({}), { abortSignal });
    // The signal ends the call, and not the search for credentials before it.
    const settings = await unlessAborted(asking, abortSignal);
    return settings?.AccountLimit?.UnreservedConcurrentExecutions;
  } catch {
    return undefined;
  } finally {
    client.destroy();
  }
}
