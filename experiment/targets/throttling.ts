/** What will be throttled, as far as it can be known before. */

import { inWords } from "../core/numbers.ts";
import type { Plan } from "../core/plan.ts";
import { largestBurst } from "./resources.ts";
import type { Stack } from "./stack-outputs.ts";

/** New accounts may allow no more than this at first. */
const LEAST_ACCOUNT_LIMIT = 10;

/**
 * Compares a plan's largest burst with the concurrency that the function may have: its reservation,
 * or else what the account has left.
 * https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
 *
 * @param askAccount asked once, when it matters first; `undefined` when it cannot be known
 * @returns one sentence for each plan that will meet a limit, or may
 */
export function throttlingCautions(
  { reservedConcurrency, region }: Pick<Stack, "reservedConcurrency" | "region">,
  askAccount: () => Promise<number | undefined>,
): (plan: Plan) => Promise<string[]> {
  let asked: Promise<number | undefined> | undefined;
  return async (plan) => {
    const burst = largestBurst(plan);
    if (reservedConcurrency !== "none") {
      const whose = "The function has a reserved concurrency of";
      return above(burst, reservedConcurrency, `${whose} ${inWords(reservedConcurrency)}`);
    }
    asked ??= askAccount();
    const limit = await asked;
    if (limit !== undefined) {
      const whose = `The account leaves functions without a reservation ${inWords(limit)} executions`;
      return above(burst, limit, `${whose} at once in ${region}`);
    }
    if (burst <= LEAST_ACCOUNT_LIMIT) return [];
    return [
      `Whether the account allows ${inWords(burst)} executions at once is not known: ` +
        "the caller may not ask (lambda:GetAccountSettings), or nobody answered.",
    ];
  };
}

function above(burst: number, limit: number, whose: string): string[] {
  if (burst <= limit) return [];
  return [`${whose}: at least ${inWords(burst - limit)} of ${inWords(burst)} will be throttled.`];
}
