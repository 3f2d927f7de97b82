/** What a check says, in words for a terminal. */

import { printable, printableLine } from "../basics/printable.ts";
import { inWords, plural } from "../experiment/core/counts.ts";
import { placeWords } from "./answers.ts";
import { ALONE, type CheckPlan, CONFIRM } from "./evidence.ts";
import type { Finding, Report, Verdict } from "./report.ts";
import { planRounds, servingsOf } from "./rounds.ts";

const MOST_PLACES = 5;
const MOST_LOG_LINES = 20;
const LONGEST_VALUE = 120;

/** What is about to happen: how often each event, and so each of its effects. */
export function introduction({ events, configuration, seed, rounds, delays }: CheckPlan): string {
  const plan = planRounds(events.length, rounds, seed);
  const [first = 0, ...others] = new Set(
    events.map((_, event) => ALONE.times + servingsOf(plan, event)),
  );
  const times =
    others.length === 0 ? inWords(first) : `up to ${inWords(Math.max(first, ...others))}`;
  const more = CONFIRM.alone;
  return [
    `${plural(events.length, "event")} at ${configuration.model}, ${plural(plan.length, "round")}, ` +
      `seed ${seed}${delays ? "" : ", without delays"}.`,
    `Each event happens ${times} times, and so does whatever it does outside, such as writing to a ` +
      "database.",
    `What is odd is confirmed: its event happens ${more} times more alone, and rounds that show it are ` +
      `repeated, ${CONFIRM.least} to ${CONFIRM.most} times each.`,
  ].join("\n");
}

const VERDICT_WORDS: Record<Verdict, string> = {
  mixed: "Answers held what another request had sent.",
  failed: "The handler failed when requests met, and not alone.",
  changed: "Answers changed when requests met, and no mark tells by whom.",
  inconclusive: "Nothing can be said yet.",
  history: "Answers depend on what came before, and on nothing that happens at once.",
  unchanged: "Requests that met in one process got the answers that they get alone.",
};

const UNSEEN =
  "It compares answers. It does not see what else a request does (what it writes elsewhere, logs, or " +
  "sends late), interleavings that no round met, places that differ each time, nor state outside that " +
  "changes by itself.";

/** The whole report. */
export function reportText(report: Report): string {
  const { verdict, findings, reasons } = report;
  const blocks = [
    `${verdict.toUpperCase()}  ${VERDICT_WORDS[verdict]}`,
    ...findings.map(findingText),
    ...(reasons.length > 0
      ? [reasons.map((reason) => `- ${printableLine(reason)}`).join("\n")]
      : []),
    countsText(report),
    UNSEEN,
  ];
  return `${blocks.join("\n\n")}\n`;
}

const KIND_WORDS: Record<Finding["kind"], string> = {
  mixed: "held what it did not send",
  failed: "failed",
  changed: "was another one",
  history: "was another one",
};

function findingText(finding: Finding): string {
  const { kind, phase, event, others, places, round, rounds, repeated, log } = finding;
  const title = `${kind} ${phase}`.toUpperCase();
  const beside = others.map(quoted).join(", ");
  const relation = phase === "in turn" ? "after" : "beside";
  const more = places.length - MOST_PLACES;
  const lines = [
    `${title}: the answer to ${quoted(event)} ${KIND_WORDS[kind]}, ${relation} ${beside}`,
    ...places.slice(0, MOST_PLACES).flatMap((place) => placeLines(place, phase)),
    ...(more > 0 ? [`  and ${plural(more, "more place")}`] : []),
    `  round ${round}${manner(finding)}; seen in ` +
      `${rounds.shown} of ${plural(rounds.of, "round")}, and in ${repeated.shown} of ` +
      `${plural(repeated.of, "repetition")} of this one`,
    ...(log.length > 0 ? ["  its log:"] : []),
    ...log.slice(0, MOST_LOG_LINES).map((line) => `    ${printable(line)}`),
    ...(log.length > MOST_LOG_LINES ? [`    and ${log.length - MOST_LOG_LINES} more lines`] : []),
  ];
  return lines.join("\n");
}

/** How the events of a round met. */
function manner({ isWarm, letGoAtMs }: Finding): string {
  const times = Object.entries(letGoAtMs).map(([name, ms]) => `${quoted(name)} at ${ms} ms`);
  if (times.length === 0) return "";
  return ` (${isWarm ? "each was served once, then " : ""}let go: ${times.join(", ")})`;
}

function placeLines(
  { place, alone, now, mark, of }: Finding["places"][number],
  phase: Finding["phase"],
): string[] {
  const whose =
    mark === undefined
      ? ""
      : `, where "${short(mark)}" is of ${of === undefined ? "" : quoted(of)}`;
  return [
    `  ${printable(placeWords(place))}`,
    `    alone    ${alone === null ? "nothing" : short(alone)}`,
    `    ${phase.padEnd(7)}  ${now === null ? "nothing" : short(now)}${whose}`,
  ];
}

function short(text: string): string {
  const characters = [...text.slice(0, 2 * LONGEST_VALUE)];
  const isLong = text.length > characters.join("").length || characters.length > LONGEST_VALUE;
  return printable(isLong ? `${characters.slice(0, LONGEST_VALUE).join("")}…` : text);
}

const quoted = (name: string) => `"${printable(name)}"`;

function countsText({ inTurn, atOnce, seed, events, delays }: Report): string {
  const lines = [
    `${plural(inTurn.rounds, "round")} in turn and ${inWords(atOnce.rounds)} at once, in which ` +
      `${inWords(atOnce.overlapped)} of ${plural(atOnce.pairs, "pair")} overlapped, ` +
      `${inWords(atOnce.most)} at once at most. --seed ${seed} repeats it` +
      `${delays ? "" : "; nothing was delayed"}.`,
  ];
  for (const { name, marks, volatile, isVolatile, waits } of events) {
    const words = [
      marks.length === 0
        ? "no text that no other event has: what others get of it cannot be told to be its own"
        : undefined,
      waits ? undefined : "the handler never waits for it, so nothing can come between its lines",
      isVolatile
        ? "its answer is another one each time, as a whole"
        : volatile.length > 0
          ? `not compared, since other each time: ${listed(volatile)}`
          : undefined,
    ].filter((word) => word !== undefined);
    if (words.length > 0) lines.push(`${quoted(name)}: ${words.join("; ")}.`);
  }
  return lines.join("\n");
}

function listed(places: readonly string[]): string {
  const more = places.length - MOST_PLACES;
  const shown = places.slice(0, MOST_PLACES).map((place) => printable(placeWords(place)));
  return more > 0 ? `${shown.join(", ")} and ${inWords(more)} more` : shown.join(", ");
}
