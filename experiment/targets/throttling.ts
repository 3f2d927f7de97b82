/** What will be throttled, as far as it can be known before. */

import { inWords } from "../core/numbers.ts";
import type { Plan } from "../core/plan/plan.ts";
import { largestBurst } from "./resources.ts";
import type { Stack } from "./stack-outputs.ts";

/** New accounts may allow no more than this at first. */
const LEAST_ACCOUNT_LIMIT = 10;

type Limits = Pick<Stack, "reservedConcurrency" | "provisionedConcurrency" | "region">;

/**
 * Compares a plan's largest burst with the concurrency that the function may have: its reservation,
 * or else what the account has left.
 * https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
 *
 * @param askAccount asked once, when it matters first; `undefined` when it cannot be known
 * @returns one sentence for each plan that will meet a limit, or may
 */
export function throttlingCautions(
  { reservedConcurrency, provisionedConcurrency, region }: Limits,
  askAccount: () => Promise<number | undefined>,
): (plan: Plan) => Promise<string[]> {
  let asked: Promise<number | undefined> | undefined;
  return async (plan) => {
    const burst = largestBurst(plan);
    return [...(await limited(burst)), ...tooFast(burst, provisionedConcurrency)];
  };

  async function limited(burst: number): Promise<string[]> {
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
  }
}

/**
 * A function gets so many more environments within ten seconds, and what comes earlier is throttled.
 * https://docs.aws.amazon.com/lambda/latest/dg/scaling-behavior.html
 */
const ENVIRONMENTS_PER_TEN_SECONDS = 1_000;

function tooFast(burst: number, provisioned: Stack["provisionedConcurrency"]): string[] {
  const ready = provisioned === "none" ? 0 : provisioned;
  const late = burst - ready - ENVIRONMENTS_PER_TEN_SECONDS;
  if (late <= 0) return [];
  return [
    `A function gets ${inWords(ENVIRONMENTS_PER_TEN_SECONDS)} more environments in ten seconds: ` +
      `of ${inWords(burst)} cold starts at once, ${inWords(late)} will be throttled.`,
  ];
}

function above(burst: number, limit: number, whose: string): string[] {
  if (burst <= limit) return [];
  return [`${whose}: at least ${inWords(burst - limit)} of ${inWords(burst)} will be throttled.`];
}
