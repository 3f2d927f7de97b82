/** What a plan costs, in words. */

import { usdText } from "../../pricing/cost.ts";
import type { Cost } from "../core/target.ts";

export { usdText };

/** One sentence: the figure and what it rests on. */
export function costWords({ usd, basis }: Cost): string {
  return `It costs about ${usdText(usd)} at list price: ${basis}.`;
}
