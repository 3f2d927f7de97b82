/** What is said before a plan is fired, and asked before one that costs more than a trifle. */

import { createInterface } from "node:readline/promises";
import { ExperimentError } from "../core/errors.ts";
import type { Plan } from "../core/plan.ts";
import type { Target } from "../core/target.ts";
import { costWords, usdText } from "../reports/cost-words.ts";
import { CONFIRM_FROM_USD } from "../targets/cost.ts";

/**
 * Says what the plan will meet and cost at the target.
 *
 * @param say where to
 * @param isAgreed whether the user has agreed to any cost beforehand
 * @returns whether it may be fired
 * @throws ExperimentError when it costs too much to be fired unasked, and nobody is there to ask
 */
export async function agree(
  plan: Plan,
  target: Target,
  { say, isAgreed, signal }: { say: NodeJS.WriteStream; isAgreed: boolean; signal: AbortSignal },
): Promise<boolean> {
  for (const caution of (await target.cautions?.(plan)) ?? []) say.write(`Note: ${caution}\n`);
  const cost = target.cost?.(plan);
  if (cost === undefined) return true;
  say.write(`${costWords(cost)}\n`);
  if (isAgreed || cost.usd < CONFIRM_FROM_USD) return true;
  if (process.stdin.isTTY) return ask(signal);
  throw new ExperimentError(
    `This plan costs ${usdText(cost.usd)}, and from ${usdText(CONFIRM_FROM_USD)} on nothing is fired unasked.`,
    "Pass --yes to fire it.",
  );
}

async function ask(signal: AbortSignal): Promise<boolean> {
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await reader.question("Fire it? [y/N] ", { signal })).trim());
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  } finally {
    reader.close();
  }
}
