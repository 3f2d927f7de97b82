/** What the stand-in's APIs have in common: a call, who may make it, and how it is refused. */

import { type SignedRequest, verifySignature } from "../../../local-lambda/url/signature.ts";
import type { Account } from "./account.ts";
import { AwsError } from "./aws-error.ts";

/** The APIs that a program may call by itself. */
export type Operation = "GetAccountSettings" | "FilterLogEvents";

/** How a test makes an API misbehave. */
export type Fault = "denied" | { slowMs: number };

/**
 * Lets a call in that is signed for this account.
 *
 * @throws AwsError as the service would
 */
export async function authenticate(
  account: Account,
  service: string,
  request: SignedRequest,
): Promise<void> {
  const { credentials, region } = account;
  const verification = await verifySignature(
    request,
    { region, service, now: new Date() },
    (accessKeyId) => (accessKeyId === credentials.accessKeyId ? credentials : undefined),
  );
  if (verification.ok) return;
  const { errorType, body } = verification;
  const message = "message" in body ? body.message : body.Message;
  throw new AwsError(errorType, message, 403);
}

/** What IAM says to a caller whose policies do not name the action. */
export function denied(account: Account, service: string, operation: Operation): AwsError {
  const user = account.arn("iam", "user/test");
  return new AwsError(
    "AccessDeniedException",
    `User: ${user} is not authorized to perform: ${service}:${operation} ` +
      "because no identity-based policy allows it",
    // The protocol of Logs has one status for all refusals, that of Lambda has HTTP's own.
    service === "logs" ? 400 : 403,
  );
}
