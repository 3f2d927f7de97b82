/** `npm run check-handler`: checks a handler of the user's own, from its options to its exit code. */

import { randomBytes, randomInt } from "node:crypto";
import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parseEnv } from "node:util";
import { InvalidArgumentError, Option } from "commander";
import { ask, canAsk, createCommand, parseArguments, WRONG_USAGE } from "../basics/command-line.ts";
import { inWords, plural } from "../basics/counts.ts";
import { MODELS, type Model } from "../basics/models.ts";
import { printableLine, printableLines } from "../basics/printable.ts";
import { endInOrder, endWithNpm } from "../basics/signals.ts";
import { fileName, recordPlace, untilTaken } from "../experiment/command/output.ts";
import { defaultConfiguration } from "../local-lambda/function-configuration.ts";
import { codeOption, defaultHandler, variablesOption, whole } from "../local-lambda/options.ts";
import type { OnProgress } from "./check.ts";
import {
  ALONE,
  type CheckPlan,
  CONFIRM,
  planRounds,
  servingsOf,
  usualRounds,
} from "./check-plan.ts";
import { EXAMPLE, readEventsFile } from "./events-file.ts";
import type { CheckReport, CheckVerdict } from "./reports/report.ts";

const EXIT: Record<CheckVerdict, number> = {
  unchanged: 0,
  history: 0,
  inconclusive: 3,
  mixed: 4,
  failed: 4,
  changed: 4,
};
const FAILED = 1;
const INTERRUPTED = 130;

/** Words that are named as too short to be marks. */
const MOST_SHORT = 5;

const MORE_HELP = `
Exit codes: 0 unchanged, or changed by what came before only (--strict: 4), 1 the check failed,
2 wrong usage, 3 inconclusive, 4 mixed, failed or changed, 130 interrupted.
docs/check-handler.md says what each means, and what to do then.`;

interface Options {
  code?: string;
  handler?: string;
  events?: string;
  model: Model;
  seed?: number;
  rounds?: number;
  delays: boolean;
  timeout: number;
  env: Record<string, string>;
  envFile?: Record<string, string>;
  yes: boolean;
  json: boolean;
  strict: boolean;
  out?: string;
}

const command = createCommand(
  "check-handler",
  "Checks whether a handler of your own survives that requests share a process.",
)
  .addOption(codeOption("the folder that holds the code, built"))
  .option(
    "--handler <name>",
    "file and export in that folder (default: index.handler); " +
      "of a web-function the file of its server (default: index.js)",
  )
  .option("--events <file>", "requests to check with, as check/events.schema.json says")
  .addOption(
    new Option("--model <model>", "how requests share a process: managed-instances, web-function")
      .argParser(parseModel)
      .default("managed-instances" satisfies Model),
  )
  .addOption(whole("--seed <n>", "repeats a check (default: random)", [0, 2 ** 31 - 1]))
  .addOption(whole("--rounds <n>", "how often each pair, and all, are let go at once", [1, 1_000]))
  .addOption(
    whole(
      "--timeout <s>",
      "how long the handler may take alone, in seconds",
      [1, 900],
      30_000,
      1_000,
    ),
  )
  .option("--no-delays", "let timers, sockets and files end when they end")
  .addOption(variablesOption())
  .option("--env-file <file>", "set the variables of a file, one NAME=value a line", readVariables)
  .option("--yes", "serve the events without asking", false)
  .option("--out <file>", "file of the record (default: a new one in your data folder)", recordName)
  .option("--json", "print one JSON document, as check/report.schema.json says", false)
  .option("--strict", "exit 4 also where answers depend on what came before", false)
  .addHelpText("after", MORE_HELP);

const options = parseArguments(command, process.argv.slice(2)).opts<Options>();
const plan = readPlan(options);
const interruption = new AbortController();
// The first Ctrl-C ends in order; the second one at once.
endInOrder(() => interruption.abort());
endWithNpm();
process.exitCode = await main(interruption.signal);
await untilTaken(interruption.signal, () => {
  process.exitCode = INTERRUPTED;
});
// Nobody waits for what hangs.
process.exit();

function parseModel(text: string): Model {
  const model = MODELS.find((one) => one === text);
  if (model !== undefined && model !== "on-demand") return model;
  const why =
    model === "on-demand"
      ? "An on-demand function serves one request at a time, so nothing can meet there. "
      : "";
  throw new InvalidArgumentError(`${why}It must be managed-instances or web-function.`);
}

/** Reads variables as Node.js does: what is given by `--env` comes before them. */
function readVariables(path: string): Record<string, string> {
  if (!existsSync(path)) throw new InvalidArgumentError("That does not exist: check its name.");
  try {
    return parseEnv(readFileSync(path, "utf8")) as Record<string, string>;
  } catch (error) {
    throw new InvalidArgumentError(`It cannot be read: ${messageOf(error)}.`);
  }
}

/** The name of a file for the record, which is never written over another. */
function recordName(value: string): string {
  const name = fileName(value);
  if (!name.endsWith(".json")) {
    throw new InvalidArgumentError(
      "The record is JSON: name a file that ends in .json; npm run report makes the page of it.",
    );
  }
  if (existsSync(name)) throw new InvalidArgumentError("That exists: name a new file.");
  const folder = dirname(resolve(name));
  try {
    accessSync(`${folder}/.`, constants.W_OK);
  } catch {
    const lack = existsSync(folder) ? "nothing can be written into" : "there is no folder";
    throw new InvalidArgumentError(`The record needs a folder, and ${lack} ${folder}.`);
  }
  return name;
}

/** What is to be checked; wrong options end the process with a message, and so does a lack of events. */
function readPlan({ code, handler, events: path, model, ...given }: Options): CheckPlan {
  if (code === undefined) {
    return command.error("error: Name the folder that holds your code, built: --code ./dist");
  }
  if (path === undefined) {
    process.stderr.write(
      "error: Name a file of at least two requests, of two users, say: --events events.json\n" +
        `Write one such as this, with requests that your handler takes:\n\n${EXAMPLE}\n\n` +
        "Texts that only one of them has, such as token-of-ana, are its marks: in the answer to " +
        "another\none they show that the two were mixed up.\n",
    );
    return process.exit(WRONG_USAGE);
  }
  const read = readEventsFile(path);
  if ("problems" in read) {
    const problems = read.problems.map(printableLine).join("\n       ");
    return command.error(`error: --events: ${problems}`);
  }
  const { value: events } = read;
  const configuration = {
    ...defaultConfiguration(model),
    environmentVariables: { ...given.envFile, ...given.env },
  };
  return {
    events,
    code: { root: code, handler: handler ?? defaultHandler(configuration) },
    configuration,
    seed: given.seed ?? randomInt(2 ** 31),
    rounds: given.rounds ?? usualRounds(events.length),
    delays: given.delays,
    limitMs: given.timeout,
  };
}

async function main(signal: AbortSignal): Promise<number> {
  // Loaded late, so that help comes at once.
  const [{ check }, { openCode }, { shortWordsOf }, { reportText }, { errorWords }] =
    await Promise.all([
      import("./check.ts"),
      import("../local-lambda/environment/code.ts"),
      import("./marks.ts"),
      import("./reports/report-text.ts"),
      import("./failure-words.ts"),
    ]);
  const { json, yes, strict, out } = options;
  const say = json ? process.stderr : process.stdout;
  try {
    // What is wrong with the code is said before anybody is asked.
    await openCode(plan.code, plan.configuration.model);
  } catch (error) {
    process.stderr.write(`error: ${printableLines(errorWords(error))}\n`);
    return WRONG_USAGE;
  }
  say.write(`${introduction(plan, shortWordsOf(plan.events))}\n`);
  if (!yes) {
    // A question that nobody sees would be waited for in vain.
    if (!canAsk()) {
      process.stderr.write("error: Nobody is here to be asked: pass --yes to serve the events.\n");
      return WRONG_USAGE;
    }
    const isAgreed = await ask("Serve them?", signal);
    if (isAgreed === undefined) return INTERRUPTED;
    if (!isAgreed) {
      process.stderr.write("Nothing was served.\n");
      return FAILED;
    }
  }
  say.write("\n");
  try {
    const report = await check(plan, signal, progress());
    clearProgress();
    const text = json ? `${JSON.stringify(report, undefined, 2)}\n` : reportText(report);
    process.stdout.write(printableLines(text));
    if (!(await record(report, out, say))) return FAILED;
    return strict && report.verdict === "history" ? EXIT.changed : EXIT[report.verdict];
  } catch (error) {
    clearProgress();
    if (signal.aborted) {
      process.stderr.write("Interrupted: nothing was recorded.\n");
      return INTERRUPTED;
    }
    // The message may hold what the code has thrown.
    process.stderr.write(`error: ${printableLines(errorWords(error))}\n`);
    return FAILED;
  }
}

/**
 * What is about to happen: how often each event, and so each of its effects.
 *
 * @param short words that no other event has, and that are too short to be marks
 */
function introduction(
  { events, configuration, seed, rounds, delays }: CheckPlan,
  short: readonly string[],
): string {
  const indices = [...events.keys()];
  const plan = planRounds(indices, rounds, seed);
  const servings = indices.map((event) => ALONE.times + servingsOf(plan, event));
  const [least, most] = [Math.min(...servings), Math.max(...servings)];
  const times = least === most ? inWords(most) : `up to ${inWords(most)}`;
  const lines = [
    `${plural(events.length, "event")} at ${configuration.model}, ${plural(plan.length, "round")}, ` +
      `seed ${seed}${delays ? "" : ", without delays"}.`,
    `Each event happens ${times} times, and so does whatever it does outside, such as writing to a ` +
      "database.",
    `What is odd is confirmed: its event happens ${CONFIRM.alone} times more alone, and rounds that ` +
      `show it are repeated, ${CONFIRM.least} to ${CONFIRM.most} times each. What looks mixed up is served ` +
      `${CONFIRM.besideItself} times with its event in the places of all others.`,
  ];
  if (short.length > 0) {
    const words = short.slice(0, MOST_SHORT).map((word) => JSON.stringify(word));
    lines.push(
      `Too short to be a mark: ${words.join(", ")}. What tells an event from the others can be named ` +
        'in its "marks".',
    );
  }
  return lines.join("\n");
}

/**
 * Writes the record, and says where it is. What keeps it from a file of the user's is said, and it goes
 * into the data folder.
 */
async function record(
  report: CheckReport,
  out: string | undefined,
  say: NodeJS.WritableStream,
): Promise<boolean> {
  const [{ writeReport }, { printError }, { recordsFolder, makeFolder }] = await Promise.all([
    import("../experiment/command/output.ts"),
    import("../experiment/reports/error-words.ts"),
    import("../experiment/records/data-folder.ts"),
  ]);
  const write = async (path: string) => {
    await writeReport(path, [`${JSON.stringify(report)}\n`]);
    say.write(`\n${recordPlace(path)}`);
    return true;
  };
  try {
    if (out !== undefined) return await write(resolve(out));
  } catch (error) {
    printError(error);
  }
  try {
    const path = newRecord(resolve(recordsFolder(), "../checks"));
    makeFolder(dirname(path));
    return await write(path);
  } catch (error) {
    printError(error);
    return false;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function newRecord(folder: string): string {
  const at = new Date().toISOString().replaceAll(":", "-");
  return join(folder, `${at}-${randomBytes(3).toString("hex")}.json`);
}

/** One line on standard error that says how far it is, and how long that takes; silent unless a terminal. */
function progress(): OnProgress {
  if (!process.stderr.isTTY) return () => {};
  let begun = { doing: "", done: 0, at: 0 };
  return (doing, done, of) => {
    if (doing !== begun.doing) begun = { doing, done, at: performance.now() };
    const each = (performance.now() - begun.at) / (done - begun.done);
    const leftS = Math.ceil((each * (of - done)) / 1_000);
    const left = leftS > 0 ? `, about ${leftS} s more` : "";
    process.stderr.write(`\r\u001b[K${doing}: ${done} of ${of}${left} …`);
  };
}

function clearProgress(): void {
  if (process.stderr.isTTY) process.stderr.write("\r\u001b[K");
}
