/** What is said before a plan is fired, and asked before one that costs more than a trifle. */

import { createInterface } from "node:readline/promises";
import { printableLine } from "../../basics/printable.ts";
import { unlessAborted } from "../core/abort.ts";
import { ExperimentError } from "../core/errors.ts";
import type { Plan } from "../core/plan/plan.ts";
import type { Target } from "../core/target.ts";
import { ensurePossible, preflight } from "../preflight.ts";
import { costWords, usdText } from "../reports/cost-words.ts";
import { CONFIRM_FROM_USD } from "../targets/cost.ts";

interface Options {
  /** Where to say it. */
  say: NodeJS.WriteStream;
  /** Whether the user has agreed to any cost beforehand. */
  isAgreed: boolean;
  signal: AbortSignal;
}

/**
 * Says what the plan will meet and cost at the target, and asks where it costs much.
 *
 * @returns whether it may be fired; `undefined` when the user wants to leave
 * @throws ExperimentError when the plan cannot work, or costs too much to be fired unasked and
 *   nobody is there to ask
 */
export async function agree(
  plan: Plan,
  target: Target,
  { say, isAgreed, signal }: Options,
): Promise<boolean | undefined> {
  ensurePossible(await preflight(plan, target));
  const cautions = target.cautions ? await unlessAborted(target.cautions(plan), signal) : [];
  if (signal.aborted) return undefined;
  for (const caution of cautions ?? []) say.write(`Note: ${printableLine(caution)}\n`);
  const cost = target.cost?.(plan);
  if (cost === undefined) return true;
  say.write(`${printableLine(costWords(cost))}\n`);
  if (isAgreed || cost.usd < CONFIRM_FROM_USD) return true;
  // Who cannot see the question would wait for nothing, and not know it.
  if (process.stdin.isTTY && process.stderr.isTTY) return ask(signal);
  throw new ExperimentError(
    `This plan costs ${usdText(cost.usd)}, and from ${usdText(CONFIRM_FROM_USD)} on nothing is fired unasked.`,
    "Pass --yes to fire it.",
  );
}

async function ask(signal: AbortSignal): Promise<boolean | undefined> {
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await reader.question("Fire it? [y/N] ", { signal })).trim());
  } catch (error) {
    // Ctrl-C and Ctrl-D arrive here as keys, not as signals.
    if (error instanceof Error && error.name === "AbortError") return undefined;
    throw error;
  } finally {
    reader.close();
  }
}
