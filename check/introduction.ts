/** What a check says before it begins. */

import { inWords, plural } from "../basics/counts.ts";
import { ALONE, type CheckPlan, CONFIRM } from "./evidence.ts";
import { shortWordsOf } from "./marks.ts";
import { planRounds, servingsOf } from "./rounds.ts";

const MOST_SHORT = 5;

/** What is about to happen: how often each event, and so each of its effects. */
export function introduction({ events, configuration, seed, rounds, delays }: CheckPlan): string {
  const plan = planRounds(events.length, rounds, seed);
  const [first = 0, ...others] = new Set(
    events.map((_, event) => ALONE.times + servingsOf(plan, event)),
  );
  const times =
    others.length === 0 ? inWords(first) : `up to ${inWords(Math.max(first, ...others))}`;
  const more = CONFIRM.alone;
  const short = shortWordsOf(events).map((word) => JSON.stringify(word));
  return [
    `${plural(events.length, "event")} at ${configuration.model}, ${plural(plan.length, "round")}, ` +
      `seed ${seed}${delays ? "" : ", without delays"}.`,
    `Each event happens ${times} times, and so does whatever it does outside, such as writing to a ` +
      "database.",
    `What is odd is confirmed: its event happens ${more} times more alone, and rounds that show it are ` +
      `repeated, ${CONFIRM.least} to ${CONFIRM.most} times each.`,
    ...(short.length === 0
      ? []
      : [
          `Too short to be a mark: ${short.slice(0, MOST_SHORT).join(", ")}. What tells an event from the ` +
            'others can be named in its "marks".',
        ]),
  ].join("\n");
}
