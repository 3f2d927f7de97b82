/** Asks the Pulumi CLI, without ever letting it ask back. */

import { fileURLToPath } from "node:url";
import { ExperimentError, rootMessage } from "../core/errors.ts";
import { type Finished, runInGroup } from "./run-in-group.ts";

const PROJECT = fileURLToPath(new URL("../..", import.meta.url));
const TIMEOUT_MS = 30_000;
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
  const complaint = `it printed "${beginning}" instead of the JSON that was asked for`;
  return new ExperimentError("Pulumi failed", { args, complaint }, { cause });
}

/** No stack is selected, or one that is not there. */
export function noneSelected(): ExperimentError {
  // The variable has the last word, and `pulumi stack select` changes nothing about it.
  return new ExperimentError("no stack selected", { variable: process.env.PULUMI_STACK });
}

/**
 * The CLI's complaints, by words in them, and what is wrong then. All but the passphrase and what an
 * older one says were seen of version 3.259.
 */
const COMPLAINTS: readonly [
  pattern: RegExp,
  error: (complaint: string, match: RegExpExecArray) => ExperimentError,
][] = [
  [/no stack selected/i, noneSelected],
  [
    /no stack named '(?<stack>.*)' found/i,
    (_, { groups }) => new ExperimentError("no such stack", { stack: groups?.stack ?? "" }),
  ],
  [
    /PULUMI_ACCESS_TOKEN must be set|not logged in|requires logging in|no credentials provided/i,
    () => new ExperimentError("not logged in to Pulumi", {}),
  ],
  [
    /no such host|dial tcp|connection refused|network is unreachable/i,
    () => new ExperimentError("Pulumi state out of reach", {}),
  ],
  // Outputs need none since 3.252.
  [/passphrase/i, (complaint) => new ExperimentError("Pulumi passphrase missing", { complaint })],
  [
    /unknown (?:shorthand )?(?:flag|command)/i,
    (complaint) => new ExperimentError("Pulumi too old", { complaint }),
  ],
  [
    /'[^']*Pulumi\.yaml'/,
    (complaint) => new ExperimentError("Pulumi.yaml unusable", { complaint }),
  ],
  [
    /unable to open state directory|failed to load checkpoint|blob \(key|\.pulumi\/stacks/i,
    (complaint) => new ExperimentError("Pulumi state unreadable", { complaint }),
  ],
];

/** A shell's exit codes for a command that is there and cannot be run, and for one that is not. */
const NOT_RUN: readonly Finished["code"][] = [126, 127];

function unstartable(args: readonly string[], cause: NodeJS.ErrnoException): ExperimentError {
  return cause.code === "ENOENT"
    ? new ExperimentError("Pulumi not installed", {}, { cause })
    : new ExperimentError("Pulumi failed", { args, complaint: rootMessage(cause) }, { cause });
}

function explain(args: readonly string[], finished: Finished): ExperimentError {
  if (finished.isLate) return new ExperimentError("Pulumi late", { args, waitedMs: TIMEOUT_MS });
  const complaint = complaintOf(finished);
  if (NOT_RUN.includes(finished.code)) {
    return new ExperimentError("Pulumi not runnable", { complaint });
  }
  for (const [pattern, error] of COMPLAINTS) {
    const match = pattern.exec(complaint);
    if (match) return error(complaint, match);
  }
  return new ExperimentError("Pulumi failed", { args, complaint });
}

/**
 * What a command said of its failure, from where it says "error" on. What stands in for the CLI, as
 * the scripts of version managers do, may say it on standard output.
 */
function complaintOf({ code, stderr, stdout }: Finished): string {
  const lines = `${stderr}\n${stdout}`
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  if (lines.length === 0) return `it ended with ${code}`;
  const first = lines.findIndex((line) => /^error:/i.test(line));
  const begin = Math.max(first, 0);
  const words = lines.slice(begin, begin + MOST_LINES).join(" ");
  return words.replace(/^error: */i, "").slice(0, MOST_CHARACTERS);
}
