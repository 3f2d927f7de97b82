/** Asks the Pulumi CLI, without ever letting it ask back. */

import { fileURLToPath } from "node:url";
import { shellWord } from "../../basics/printed-commands.ts";
import { asSentence, ExperimentError, rootMessage } from "../core/errors.ts";
import { type Finished, runInGroup } from "./run-in-group.ts";

const PROJECT = fileURLToPath(new URL("../..", import.meta.url));
const TIMEOUT_MS = 30_000;
const INSTALLING = "https://www.pulumi.com/docs/install/";
/** How much of what it says a message has room for. */
const MOST_LINES = 2;
const MOST_CHARACTERS = 300;

/**
 * Runs a command of the CLI in this project's folder.
 *
 * @param signal ends it early
 * @returns what it printed
 * @throws ExperimentError that says what is wrong and the command that helps
 */
export async function pulumi(args: readonly string[], signal?: AbortSignal): Promise<string> {
  let finished: Finished;
  try {
    finished = await runInGroup("pulumi", [...args, "--non-interactive"], {
      cwd: PROJECT,
      timeoutMs: TIMEOUT_MS,
      signal,
      env: { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" },
    });
  } catch (error) {
    throw signal?.aborted ? error : unstartable(args, error as NodeJS.ErrnoException);
  }
  if (finished.code !== 0) throw explain(args, finished);
  return finished.stdout;
}

/** What is thrown when the CLI printed something else than it should. */
export function unexpectedOutput(
  args: readonly string[],
  text: string,
  cause: unknown,
): ExperimentError {
  const beginning = text.trim().slice(0, 80);
  return new ExperimentError(
    `The Pulumi CLI failed: it printed "${beginning}" instead of the JSON that was asked for.`,
    tryYourself(args),
    { cause },
  );
}

/** No stack is selected, or one that is not there. */
export function noneSelected(): ExperimentError {
  // The variable has the last word, and `pulumi stack select` changes nothing about it.
  const named = process.env.PULUMI_STACK;
  if (named === undefined) {
    return new ExperimentError(
      "No stack is selected.",
      'Run "pulumi stack select" or "pulumi stack init dev", then "pulumi up".',
    );
  }
  const message =
    named === ""
      ? "No stack is selected, since the variable PULUMI_STACK is set to nothing."
      : `There is no stack ${named}, which the variable PULUMI_STACK selects.`;
  return new ExperimentError(
    message,
    'Name another one in it, or unset it; "pulumi stack ls" shows the stacks of this project.',
  );
}

/**
 * The CLI's complaints, by words in them, and what is wrong then. All but the passphrase and what an
 * older one says were seen of version 3.259.
 */
const COMPLAINTS: [complaint: RegExp, error: (words: string, name: string) => ExperimentError][] = [
  [/no stack selected/i, noneSelected],
  [
    /no stack named '(.*)' found/i,
    (_, name) =>
      new ExperimentError(
        `There is no stack ${name}.`,
        'Run "pulumi stack ls" to see the stacks of this project.',
      ),
  ],
  [
    /PULUMI_ACCESS_TOKEN must be set|not logged in|requires logging in|no credentials provided/i,
    () => new ExperimentError("The Pulumi CLI is not logged in.", 'Run "pulumi login".'),
  ],
  [
    /no such host|dial tcp|connection refused|network is unreachable/i,
    () =>
      new ExperimentError(
        "The Pulumi CLI does not reach the service that keeps the stack's state.",
        "Check the network, and try again.",
      ),
  ],
  [
    // Outputs need none since 3.252.
    /passphrase/i,
    (words) =>
      new ExperimentError(
        `The Pulumi CLI asks for the passphrase of the stack: ${words}`,
        `Update it (${INSTALLING}), or set PULUMI_CONFIG_PASSPHRASE as for "pulumi up".`,
      ),
  ],
  [
    /unknown (?:shorthand )?(?:flag|command)/i,
    (words) =>
      new ExperimentError(
        `The Pulumi CLI is too old: ${words}`,
        `Update it to 3.252 or later: ${INSTALLING}`,
      ),
  ],
  [
    /'[^']*Pulumi\.yaml'/,
    (words) =>
      new ExperimentError(`Pulumi.yaml cannot be used: ${words}`, "Set it right, and try again."),
  ],
  [
    /unable to open state directory|failed to load checkpoint|blob \(key|\.pulumi\/stacks/i,
    (words) =>
      new ExperimentError(
        `The Pulumi CLI cannot read the stack's state: ${words}`,
        'See whether it is there and you may read it; "pulumi whoami --verbose" says where it is kept.',
      ),
  ],
];

/** A shell's exit codes for a command that is there and cannot be run, and for one that is not. */
const NOT_RUN: readonly Finished["code"][] = [126, 127];

function unstartable(args: readonly string[], error: NodeJS.ErrnoException): ExperimentError {
  const options = { cause: error };
  if (error.code === "ENOENT") {
    const install = `Install it from ${INSTALLING} and deploy a stack.`;
    return new ExperimentError("The Pulumi CLI is not installed.", install, options);
  }
  return new ExperimentError(
    `The Pulumi CLI failed: ${asSentence(rootMessage(error))}`,
    tryYourself(args),
    options,
  );
}

function explain(args: readonly string[], finished: Finished): ExperimentError {
  if (finished.isLate) {
    const seconds = TIMEOUT_MS / 1_000;
    return new ExperimentError(
      `The Pulumi CLI did not answer within ${seconds} s.`,
      tryYourself(args),
    );
  }
  const words = complaintOf(finished);
  if (NOT_RUN.includes(finished.code)) {
    return new ExperimentError(
      `The command pulumi does not run: ${words}`,
      `See what "pulumi version" says here, or install the CLI from ${INSTALLING}`,
    );
  }
  for (const [pattern, error] of COMPLAINTS) {
    const match = pattern.exec(words);
    if (match) return error(words, match[1] ?? "");
  }
  return new ExperimentError(`The Pulumi CLI failed: ${words}`, tryYourself(args));
}

/**
 * What a command said of its failure, as a sentence, from where it says "error" on. What stands in for the CLI, as
 * the scripts of version managers do, may say it on standard output.
 */
function complaintOf({ code, stderr, stdout }: Finished): string {
  const lines = `${stderr}\n${stdout}`
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  if (lines.length === 0) return `it ended with ${code}.`;
  const first = lines.findIndex((line) => /^error:/i.test(line));
  const begin = Math.max(first, 0);
  const words = lines.slice(begin, begin + MOST_LINES).join(" ");
  return asSentence(words.replace(/^error: */i, "").slice(0, MOST_CHARACTERS));
}

function tryYourself(args: readonly string[]): string {
  return `Try "${["pulumi", ...args].map(shellWord).join(" ")}" yourself.`;
}
