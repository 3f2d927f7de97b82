/** When a request was where, by the runner's clock. */

import { type Evidence, isIdentified } from "../../core/verdict/evidence.ts";

export interface Stay {
  evidence: Evidence;
  sent: number;
  /** When its handler began, at the latest; of a request without a report, when it was sent. */
  from: number;
  /** When it was answered, or given up. */
  until: number;
}

/**
 * The handler's own time, set against the answer's arrival: clocks of environments cannot be
 * compared with the runner's.
 *
 * @returns `undefined` when the request was not sent
 */
export function stayOf(evidence: Evidence): Stay | undefined {
  const { sentAt, answeredAt = sentAt } = evidence;
  if (sentAt === undefined || answeredAt === undefined) return undefined;
  if (!isIdentified(evidence)) return { evidence, sent: sentAt, from: sentAt, until: answeredAt };
  const { leftAt, enteredAt } = evidence.report;
  const from = Math.min(answeredAt, Math.max(sentAt, answeredAt - (leftAt - enteredAt)));
  return { evidence, sent: sentAt, from, until: answeredAt };
}
