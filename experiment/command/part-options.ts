/** The options with which several runners fire one experiment together, each its part. */

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { type Command, InvalidArgumentError, Option } from "commander";
import { inWords, plural } from "../../basics/counts.ts";
import { formatDuration } from "../core/plan/duration.ts";
import { burstOf, type Part, type Plan, stageDurationMs } from "../core/plan/plan.ts";
import type { Appointment } from "../experiment.ts";
import type { AskedTargets } from "./program.ts";

/** What is asked for beside the part. */
interface Asked extends AskedTargets {
  plan: Plan;
  control: boolean;
  crossCheck: boolean;
}

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

export function addPartOptions(program: Command): void {
  program
    .addOption(
      new Option("--part <p/r>", "fire part p of r, as other runners fire the others").argParser(
        parsePart,
      ),
    )
    .addOption(
      new Option(
        "--start-at <time>",
        "with --part: when all parts fire, such as 2026-11-30T10:00:00Z",
      ).argParser(parseTime),
    )
    .addOption(
      new Option(
        "--experiment <id>",
        "with --part: the experiment's id, the same for all parts",
      ).argParser(parseId),
    );
}

/**
 * Reads which part is fired, and when; what makes no sense with it ends the process like other wrong
 * usage.
 *
 * @returns `undefined` where this runner fires it all
 */
export function readAppointment(program: Command, asked: Asked): Appointment | undefined {
  const given = program.opts<Partial<Appointment>>();
  const { part, startAt, experiment } = given;
  if (part === undefined && startAt === undefined && experiment === undefined) return undefined;
  if (part === undefined || startAt === undefined || experiment === undefined) {
    return program.error(`error: ${missingWords(given)}`);
  }
  const { plan } = asked;
  const problem = lackOfTarget(asked) ?? lackOfRequests(plan, part) ?? lackOfTime(plan, startAt);
  if (problem !== undefined) return program.error(`error: ${problem}`);
  return { part, startAt, experiment };
}

function missingWords({ part, startAt, experiment }: Partial<Appointment>): string {
  const missing = [
    ...(part ? [] : ["--part 1/2"]),
    ...(startAt === undefined ? [`--start-at ${isoTime(timeToCome())}`] : []),
    ...(experiment === undefined ? [`--experiment ${randomBytes(4).toString("hex")}`] : []),
  ];
  const same = part ? "" : " and 2/2 in the other one";
  return (
    "--part, --start-at and --experiment belong together: several runners fire one experiment at " +
    `one time, each its part.\nAdd ${missing.join(" ")}${same}, with the same time and id in all of them.`
  );
}

/** Why what is fired at is not one target for all parts; or `undefined`. */
function lackOfTarget({ choices, areSeveral, control, crossCheck }: Asked): string | undefined {
  if (areSeveral) {
    return "--part: each model is an experiment of its own.\nName one with --model, and fire the next one later.";
  }
  const [target] = choices;
  if (target.kind === "local") {
    return (
      "--part: an embedded Lambda that a runner starts is its own, and no other part reaches it.\n" +
      `Start one with "npm run local-lambda -- --model ${target.model}", and name the URL that it prints with --target.`
    );
  }
  if (control) {
    return "--control: what must show sharing is fired at by one runner.\nFire it alone, without --part.";
  }
  if (crossCheck) {
    return (
      "--cross-check: the log knows the requests of all parts, and this runner those of its own.\n" +
      "Leave it out; the record of all parts can be cross-checked on the screen."
    );
  }
  return undefined;
}

function lackOfRequests({ stages }: Plan, { of }: Part): string | undefined {
  const least = stages.reduce((fewest, stage) => Math.min(fewest, burstOf(stage)), of);
  if (least >= of) return undefined;
  const step = least > 1 ? `Fire at most ${inWords(least)} parts, or choose` : "Choose";
  return (
    `--part: a run of the plan has ${plural(least, "request")} at once, and each of ${inWords(of)} parts needs one.\n` +
    `${step} a plan with more requests at once.`
  );
}

/** Why it is too late, or too early, to wait for the time; or `undefined`. */
function lackOfTime({ stages, holdMs }: Plan, startAt: number): string | undefined {
  const [first] = stages;
  assert(first, "a plan has a stage");
  const time = isoTime(startAt);
  const step = `Name a time to come, the same for all parts, such as ${isoTime(timeToCome())}.`;
  const agoMs = Date.now() - startAt;
  if (agoMs > stageDurationMs(first, holdMs)) {
    const unitMs = agoMs < 2 * MINUTE_MS ? 1_000 : MINUTE_MS;
    const ago = formatDuration(unitMs * Math.round(agoMs / unitMs));
    return `--start-at: ${time} was ${ago} ago, and what was fired then is over.\n${step}`;
  }
  return agoMs < -DAY_MS ? `--start-at: ${time} is more than a day ahead.\n${step}` : undefined;
}

/** The first whole minute, in milliseconds since 1970, that leaves so much time until then. */
export function timeToCome(leadMs = MINUTE_MS): number {
  return Math.ceil((Date.now() + leadMs) / MINUTE_MS) * MINUTE_MS;
}

export function isoTime(at: number): string {
  return new Date(at).toISOString().replace(/\.000Z$/, "Z");
}

function parsePart(text: string): Part {
  const [, number, of] = /^(\d{1,5})\/(\d{1,5})$/.exec(text) ?? [];
  const part = { number: Number(number), of: Number(of) };
  if (part.number >= 1 && part.of >= 2 && part.number <= part.of) return part;
  throw new InvalidArgumentError("It must be one of two parts or more, such as 2/3.");
}

/**
 * Reads a time of which it is plain which one it is on every machine.
 *
 * @returns milliseconds since 1970
 * @throws InvalidArgumentError for any other
 */
export function parseTime(text: string): number {
  const [, year, month, day] =
    /^(\d{4})-(\d\d)-(\d\d)T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d)$/.exec(text) ?? [];
  const lastDay = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  const at = Date.parse(text);
  // JavaScript takes 30 February for 2 March.
  if (Number(day) <= lastDay && Number.isFinite(at)) return at;
  throw new InvalidArgumentError(
    "It must be a time as ISO 8601 has it, with Z or its offset, such as 2026-11-30T10:00:00+01:00.",
  );
}

function parseId(text: string): string {
  if (/^[\w.:-]{1,100}$/.test(text)) return text;
  throw new InvalidArgumentError(
    "It must be up to 100 letters, digits, dots, colons, hyphens and underscores.",
  );
}
