/** Asks the Pulumi CLI, without ever letting it ask back. */

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { ExperimentError } from "../core/errors.ts";

const PROJECT = fileURLToPath(new URL("../..", import.meta.url));
const TIMEOUT_MS = 30_000;
const TRY_IT = 'Try "pulumi stack output --json" yourself.';

const run = promisify(execFile);

/**
 * Runs a command of the CLI in this project's folder.
 *
 * @param signal ends it early
 * @returns what it printed
 * @throws ExperimentError that says what is wrong and the command that helps
 */
export async function pulumi(args: readonly string[], signal?: AbortSignal): Promise<string> {
  try {
    const { stdout } = await run("pulumi", [...args, "--non-interactive"], {
      cwd: PROJECT,
      timeout: TIMEOUT_MS,
      // One that has waited so long may not listen to less.
      killSignal: "SIGKILL",
      signal,
      env: { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" },
    });
    return stdout;
  } catch (error) {
    if (signal?.aborted) throw error;
    throw explain(error as Error & { code?: unknown; killed?: boolean; stderr?: string });
  }
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

function explain(error: Error & { code?: unknown; killed?: boolean; stderr?: string }): Error {
  const options = { cause: error };
  if (error.code === "ENOENT") {
    const install = 'Install it from https://www.pulumi.com/docs/install/ and run "pulumi up".';
    return new ExperimentError("The Pulumi CLI is not installed.", install, options);
  }
  if (error.killed) {
    const seconds = TIMEOUT_MS / 1_000;
    return new ExperimentError(
      `The Pulumi CLI did not answer within ${seconds} s.`,
      TRY_IT,
      options,
    );
  }
  const complaint = error.stderr?.replace(/^error: /, "").trim() || error.message;
  for (const [pattern, message, nextStep] of COMPLAINTS) {
    const match = pattern.exec(complaint);
    if (match) return new ExperimentError(message(match), nextStep, options);
  }
  return new ExperimentError(`The Pulumi CLI failed: ${complaint}`, TRY_IT, options);
}
