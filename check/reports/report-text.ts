/** What a check says, in words for a terminal. */

import { inWords, plural } from "../../basics/counts.ts";
import { printable, printableLine } from "../../basics/printable.ts";
import { isWithin, placeWords } from "./places.ts";
import type { CheckReport, CheckVerdict, Finding } from "./report.ts";

const MOST_PLACES = 5;
const MOST_LOG_LINES = 20;
const LONGEST_VALUE = 120;

const VERDICT_WORDS: Record<CheckVerdict, string> = {
  mixed: "Answers held what is another request's.",
  failed: "The handler failed when requests met, and not alone.",
  changed: "Answers changed when requests met, and no mark tells by whom.",
  inconclusive: "Nothing can be said yet.",
  history: "Answers depend on what came before. Nothing else was found at once.",
  unchanged: "Requests that met in one process got the answers that they get alone.",
};

/** The finding of it all, sentences. */
export function checkVerdictWords({ verdict, findings, events }: CheckReport): string {
  if (verdict === "failed" && findings[0]?.phase === "in turn") {
    return "The handler failed after other requests, and not alone.";
  }
  if (verdict === "inconclusive" && findings.length > 0) {
    return "Answers depend on what came before; of what happens at once nothing can be said yet.";
  }
  const isHidden = ({ marked, volatile }: CheckReport["events"][number]) =>
    marked.length > 0 && marked.every((place) => isWithin(place, new Set(volatile)));
  if (verdict !== "unchanged" || !events.some(isHidden)) return VERDICT_WORDS[verdict];
  return (
    `${VERDICT_WORDS[verdict]} What tells these requests apart stands only where answers differ each ` +
    "time: other requests' marks were looked for there, and nothing was compared."
  );
}

export const UNSEEN =
  "It compares answers. It does not see what else a request does (what it writes elsewhere, logs, or " +
  "sends late), interleavings that no round met, places that differ each time, nor state outside that " +
  "changes by itself.";

/** The whole report. */
export function reportText(report: CheckReport): string {
  const { verdict, findings, reasons } = report;
  const blocks = [
    `${verdict.toUpperCase()}  ${checkVerdictWords(report)}`,
    ...(findings.length > 1 ? [causesText(findings)] : []),
    ...findings.map(findingText),
    ...(reasons.length > 0
      ? [reasons.map((reason) => `- ${printableLine(reason)}`).join("\n")]
      : []),
    ...failureText(report),
    countsText(report),
    UNSEEN,
  ];
  return `${blocks.join("\n\n")}\n`;
}

/** What became of an answer. */
export const KIND_WORDS: Record<Finding["kind"], string> = {
  mixed: "held what belongs to another event",
  failed: "failed",
  changed: "was another one",
  history: "was another one",
};

/** Which event was answered how, and whose value that was, or who was there. */
export function findingTitle({ kind, phase, event, others }: Finding): string {
  const title = `${kind} ${phase}`.toUpperCase();
  const relation = phase === "in turn" ? "after" : "beside";
  const names = others.map(quoted).join(", ");
  const what =
    kind === "mixed"
      ? `held what belongs to ${names}`
      : `${KIND_WORDS[kind]}, ${relation} ${names}`;
  return `${title}: the answer to ${quoted(event)} ${what}`;
}

/** In which round it was found, and how often. */
export function findingEvidence(finding: Finding): string {
  const { round, rounds, repeated } = finding;
  return (
    `round ${round}${meetingWords(finding)}; seen in ${rounds.shown} of ${plural(rounds.of, "round")}, ` +
    `and in ${repeated.shown} of ${plural(repeated.of, "repetition")} of this one`
  );
}

/** Findings alike, one line each: what mixes up one pair of events does so with others. */
function causesText(findings: readonly Finding[]): string {
  const alike = Map.groupBy(findings, ({ kind, phase, places }) =>
    JSON.stringify([kind, phase, places.map(({ place }) => place).sort()]),
  );
  const lines = [...alike.values()].flatMap((list) => {
    const [first] = list;
    if (!first) return [];
    const events = list.map(({ event }) => quoted(event)).join(", ");
    const places = listPlaces(first.places.map(({ place }) => place));
    return [`- ${first.kind} ${first.phase}, in ${places}: ${events}`];
  });
  return `In short:\n${lines.join("\n")}`;
}

/** What was logged when the first event failed that fails alone; of the others the record has it. */
function failureText({ events }: CheckReport): string[] {
  const failing = events.find(({ failures }) => failures.log.length > 0);
  if (!failing) return [];
  const lines = [
    `The log of ${quoted(failing.name)}, which failed alone:`,
    ...indentedLog(failing.failures.log),
  ];
  return [lines.join("\n")];
}

function findingText(finding: Finding): string {
  const { phase, places, log } = finding;
  const more = places.length - MOST_PLACES;
  const lines = [
    findingTitle(finding),
    ...places.slice(0, MOST_PLACES).flatMap((place) => placeLines(place, phase)),
    ...(more > 0 ? [`  and ${plural(more, "more place")}`] : []),
    `  ${findingEvidence(finding)}`,
    ...logBeneath(log),
  ];
  return lines.join("\n");
}

/** How the events of a round met. */
function meetingWords({ isWarm, letGoAtMs }: Finding): string {
  const times = Object.entries(letGoAtMs).map(([name, ms]) => `${quoted(name)} at ${ms} ms`);
  if (times.length === 0) return "";
  return ` (${isWarm ? "each was served once, then " : ""}let go: ${times.join(", ")})`;
}

function placeLines(
  { place, alone, now, mark, of }: Finding["places"][number],
  phase: Finding["phase"],
): string[] {
  const whose =
    mark === undefined || of === undefined ? "" : `, ${ownerWords(now ?? "", mark, of)}`;
  return [
    `  ${printable(placeWords(place))}`,
    `    alone    ${alone === null ? "nothing" : short(alone)}`,
    `    ${phase.padEnd(7)}  ${now === null ? "nothing" : short(now)}${whose}`,
  ];
}

/** Whose a mark is that stands in the JSON of a value. */
function ownerWords(json: string, mark: string, of: string): string {
  if (json === JSON.stringify(mark)) return `which belongs to ${quoted(of)}`;
  return `in which "${short(mark)}"${isShown(json, mark) ? "" : ", encoded,"} belongs to ${quoted(of)}`;
}

/** Whether a mark can be seen in the JSON of what holds it; of a masked one that is not asked. */
function isShown(json: string, mark: string): boolean {
  if (mark.startsWith("[")) return true;
  return json.toLowerCase().includes(JSON.stringify(mark).slice(1, -1).toLowerCase());
}

function short(text: string): string {
  const characters = [...text.slice(0, 2 * LONGEST_VALUE)];
  const isLong = text.length > characters.join("").length || characters.length > LONGEST_VALUE;
  return printable(isLong ? `${characters.slice(0, LONGEST_VALUE).join("")}…` : text);
}

const quoted = (name: string) => `"${printable(name)}"`;

function countsText(report: CheckReport): string {
  const lines = [roundsWords(report)];
  for (const event of report.events) {
    const words = eventWords(event);
    if (words.length > 0) lines.push(`${quoted(event.name)}: ${words.join("; ")}.`);
  }
  return lines.join("\n");
}

/** What is to be known of the answers to an event, phrases. */
export function eventWords({
  marks,
  volatile,
  history,
  isVolatile,
  waits,
  failures,
  served,
}: CheckReport["events"][number]): string[] {
  return [
    marks.length === 0
      ? "no text that no other event has: what others get of it cannot be told to be its own"
      : undefined,
    waits === false && failures.alone < served.alone
      ? "the handler never waits for it, so nothing can come between its lines"
      : undefined,
    isVolatile
      ? "its answer is another one each time, as a whole"
      : volatile.length > 0
        ? `not compared, since other each time: ${listPlaces(volatile)}`
        : undefined,
    history.length > 0
      ? `not compared at once, since it depends on what came before: ${listPlaces(history)}`
      : undefined,
  ].filter((word) => word !== undefined);
}

/** What the check rests on. */
export function roundsWords({ inTurn, atOnce, seed, delays }: CheckReport): string {
  if (inTurn.rounds + atOnce.rounds === 0) return "No round was served.";
  return (
    `${plural(inTurn.rounds, "round")} in turn and ${inWords(atOnce.rounds)} at once, in which ` +
    `${inWords(atOnce.overlapped)} of ${plural(atOnce.pairs, "pair")} overlapped, ` +
    `${inWords(atOnce.most)} at once at most. --seed ${seed} repeats it` +
    `${delays ? "" : "; nothing was delayed"}.`
  );
}

/** Places as a person reads them, the first few of many. */
export function listPlaces(places: readonly string[]): string {
  const more = places.length - MOST_PLACES;
  const shown = places.slice(0, MOST_PLACES).map((place) => printable(placeWords(place)));
  return more > 0 ? `${shown.join(", ")} and ${inWords(more)} more` : shown.join(", ");
}

/** A log beneath what it is of; nothing where nothing was logged. */
export function logBeneath(log: readonly string[]): string[] {
  return log.length > 0 ? ["  its log:", ...indentedLog(log)] : [];
}

function indentedLog(log: readonly string[]): string[] {
  return shownLog(log, MOST_LOG_LINES).map((line) => `    ${printable(line)}`);
}

const LONGEST_LINE = 200;
/** Frames of what serves the code, and of Node.js: nobody can mend anything there. */
const STRANGE_FRAME = /\sat .*\b(?:node:|aws-lambda-ric\b|web-preload\b)/;
/** A line of an error, or a frame of one. */
const OF_ERROR = /\b(?:ERROR|FATAL)\b|Error\b|\sat .*:\d+/;

/**
 * The lines that say most, in their order, and how many more there are: of too many, those of errors,
 * and then the first ones.
 */
export function shownLog(log: readonly string[], most: number): string[] {
  const own = log.filter((line) => !STRANGE_FRAME.test(line));
  const numbered = [...own.entries()];
  const errorsFirst = [
    ...numbered.filter(([, line]) => OF_ERROR.test(line)),
    ...numbered.filter(([, line]) => !OF_ERROR.test(line)),
  ];
  const chosen = new Set(errorsFirst.slice(0, most).map(([at]) => at));
  const lines = own.filter((_, at) => chosen.has(at)).map(cut);
  const more = own.length - lines.length;
  return more > 0 ? [...lines, `and ${more} more lines, which the record has`] : lines;
}

function cut(line: string): string {
  return line.length > LONGEST_LINE ? `${line.slice(0, LONGEST_LINE)}…` : line;
}
