/** Asks the Pulumi CLI, without ever letting it ask back. */

import { fileURLToPath } from "node:url";
import { ExperimentError, rootMessage } from "../core/errors.ts";
import { type Finished, runInGroup } from "./run-in-group.ts";

const PROJECT = fileURLToPath(new URL("../..", import.meta.url));
const TIMEOUT_MS = 30_000;
const TRY_IT = 'Try "pulumi stack output --json" yourself.';

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
    throw signal?.aborted ? error : unstartable(error as NodeJS.ErrnoException);
  }
  if (finished.code !== 0) throw explain(finished);
  return finished.stdout;
}

/** What is thrown when the CLI printed something else than it should. */
export function unexpectedOutput(text: string, what: string, cause: unknown): ExperimentError {
  const beginning = text.trim().slice(0, 80);
  return new ExperimentError(
    `The Pulumi CLI failed: it printed no JSON for ${what} but "${beginning}"`,
    TRY_IT,
    { cause },
  );
}

/** The CLI's complaints, by words in them, and what helps. Seen of version 3.259. */
const COMPLAINTS: [complaint: RegExp, message: (match: RegExpExecArray) => string, next: string][] =
  [
    [
      /no stack named '(.*)' found/i,
      ([, name]) => `There is no stack ${name}.`,
      'Run "pulumi stack ls" to see the stacks of this project.',
    ],
    [
      /PULUMI_ACCESS_TOKEN must be set|not logged in/i,
      () => "The Pulumi CLI is not logged in.",
      'Run "pulumi login".',
    ],
    [
      /no such host|dial tcp|connection refused|network is unreachable/i,
      () => "The Pulumi CLI does not reach the service that keeps the stack's state.",
      "Check the network, and try again.",
    ],
  ];

function unstartable(error: NodeJS.ErrnoException): ExperimentError {
  const options = { cause: error };
  if (error.code === "ENOENT") {
    const install = 'Install it from https://www.pulumi.com/docs/install/ and run "pulumi up".';
    return new ExperimentError("The Pulumi CLI is not installed.", install, options);
  }
  return new ExperimentError(`The Pulumi CLI failed: ${rootMessage(error)}`, TRY_IT, options);
}

function explain({ code, stderr, isLate }: Finished): ExperimentError {
  if (isLate) {
    const seconds = TIMEOUT_MS / 1_000;
    return new ExperimentError(`The Pulumi CLI did not answer within ${seconds} s.`, TRY_IT);
  }
  const complaint = stderr.replace(/^error: /, "").trim() || `it ended with ${code}`;
  for (const [pattern, message, nextStep] of COMPLAINTS) {
    const match = pattern.exec(complaint);
    if (match) return new ExperimentError(message(match), nextStep);
  }
  return new ExperimentError(`The Pulumi CLI failed: ${complaint}`, TRY_IT);
}
