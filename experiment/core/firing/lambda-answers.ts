/** What the statuses of a Function URL mean, other than that the handler has answered. */

import { formatDuration } from "../plan/duration.ts";

/** An answer of Lambda's own, or one that it relays. */
export interface LambdaAnswer {
  status: number;
  /** What it says of itself. */
  message: string;
  /** Whether the request carried a signature. */
  isSigned: boolean;
  /** How far the runner's clock was ahead of the service's, in milliseconds, where that is known. */
  aheadMs?: number | undefined;
}

/**
 * Why a Function URL answered so, and what helps where something does.
 *
 * @returns a clause to stand behind the answer's own message, or `undefined` where the answer speaks
 *   for itself
 */
export function causeOf(answer: LambdaAnswer): string | undefined {
  if (answer.status === 403) return forbidden(answer);
  return CAUSES[answer.status];
}

/**
 * 404, 413, 429, 500, 502, 503 and 504 as in
 * https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_Errors and
 * https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html; what is throttled and why in
 * https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html.
 */
const CAUSES: Record<number, string> = {
  404: "there is no function behind this URL; check the address, or deploy the function anew",
  413: "the request is larger than the 6 MB that a function takes",
  429: "the concurrency of the function or of the account is used up",
  500: "the code behind the URL answered so, or Lambda itself failed",
  502: "the function failed: it threw, ended, took too long, or returned no response",
  503: "Lambda cannot serve the function at the moment",
  504: "the answer did not come in time",
};

/** A clock that is off by this, in milliseconds, is to blame for a signature that has expired. */
const CLEARLY_WRONG_MS = 60_000;

/**
 * Who may call a URL: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html; what is wrong with
 * a signature: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html.
 */
function forbidden({ message, isSigned, aheadMs }: LambdaAnswer): string | undefined {
  if (!isSigned) {
    return (
      "the URL takes signed requests only (fire at the stack, which signs them), or lacks one of " +
      "the permissions lambda:InvokeFunctionUrl and lambda:InvokeFunction for everybody"
    );
  }
  if (/token.*expired/i.test(message)) {
    return "sign in again, such as with aws sso login, and fire again";
  }
  if (/signature expired|not yet current/i.test(message)) return untimely(message, aheadMs);
  if (/does not match/i.test(message)) {
    return "the secret key is not that of the access key";
  }
  if (/token.*invalid/i.test(message)) {
    return "AWS does not know these credentials; check AWS_PROFILE and the AWS_… variables";
  }
  if (/forbidden|not authorized|access ?denied/i.test(message)) {
    return (
      "the identity lacks lambda:InvokeFunctionUrl or lambda:InvokeFunction on the function; " +
      "the stack's output callerPolicy is a policy with both"
    );
  }
  return undefined;
}

/** A signature holds for five minutes before and after its date. */
function untimely(message: string, aheadMs: number | undefined): string {
  const isBehind = /expired/i.test(message);
  if (isBehind && Math.abs(aheadMs ?? 0) < CLEARLY_WRONG_MS) {
    return "the request was on its way for more than five minutes";
  }
  const where = isBehind ? "behind" : "ahead of";
  if (aheadMs === undefined) return `this machine's clock is ${where} the service's; set it`;
  // The service's clock is known to the second, and how long the answer took is in it.
  const far = formatDuration(Math.max(1, Math.round(Math.abs(aheadMs) / 60_000)) * 60_000);
  return `this machine's clock is about ${far} ${where} the service's; set it`;
}
