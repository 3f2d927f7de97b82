/** What a control showed, in words. */

import { printableMessage } from "../../basics/printable.ts";
import type { Conclusion } from "../core/record-lines.ts";
import { plural } from "./numbers.ts";

/** One or two sentences: whether the instrument saw sharing where there is nothing but sharing. */
export function controlWords({ verdict, overlaps, outcomes, reason }: Conclusion): string {
  const requests = plural(outcomes.ok ?? 0, "request");
  if (verdict === "shared") {
    return (
      `CONTROL  The instrument saw sharing when it happened: ${plural(overlaps, "overlap")} in ` +
      `${requests}. That vouches for the analysis and for this machine, not for AWS.`
    );
  }
  if (!outcomes.ok) return `CONTROL  Nothing was answered, so it showed nothing.`;
  return `CONTROL FAILED  The instrument saw no sharing in ${requests} that share one process. ${printableMessage(reason ?? "")}`.trimEnd();
}
