/** What a control is worth: it shows that the instrument sees sharing where there is sharing. */

import type { Conclusion } from "../record-lines.ts";

/**
 * Takes an `isolated` back that an instrument reached which did not see sharing in its control
 * either. Proof of sharing stands whatever a control said.
 *
 * @param control over all runs of the control; `undefined` when there was none
 */
export function withControl(conclusion: Conclusion, control: Conclusion | undefined): Conclusion {
  if (!control || control.verdict === "shared" || conclusion.verdict !== "isolated") {
    return conclusion;
  }
  const { bound: _, ...rest } = conclusion;
  const why = control.reason ?? "Its requests did not overlap.";
  return {
    ...rest,
    verdict: "inconclusive",
    reason:
      "The control, whose requests share one process by construction, showed no sharing, so it " +
      `might have gone unseen here as well. ${why}`,
  };
}
