/** What the Pulumi stack of this project exports, read with the Pulumi CLI. */

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import * as z from "zod";
import { ExperimentError } from "../core/errors.ts";

const PROJECT = fileURLToPath(new URL("../..", import.meta.url));
const TIMEOUT_MS = 30_000;

const outputsSchema = z.object({
  url: z.url({ protocol: /^https?$/ }),
  urlAuthorization: z.enum(["AWS_IAM", "NONE"]),
  functionName: z.string(),
  region: z.string(),
  logGroupName: z.string(),
  maxHoldMs: z.number(),
  codeSha256: z.string(),
  generation: z.number(),
});

export interface Stack extends z.infer<typeof outputsSchema> {
  /** The stack's name. */
  stack: string;
}

/**
 * Reads the outputs of a stack of this project.
 *
 * @param stack its name; by default the selected one
 * @param signal ends the CLI early
 * @throws ExperimentError that says what is missing and the command that helps
 */
export async function readStack(stack?: string, signal?: AbortSignal): Promise<Stack> {
  const name = stack ?? (await pulumi(signal, "stack", "--show-name")).trim();
  const text = await pulumi(signal, "stack", "output", "--json", "--stack", name);
  const outputs = parseOutputs(text);
  if (Object.keys(outputs).length === 0) {
    throw new ExperimentError(`The stack ${name} is not deployed.`, 'Run "pulumi up".');
  }
  const parsed = outputsSchema.safeParse(outputs);
  if (parsed.success) return { stack: name, ...parsed.data };
  const field = String(parsed.error.issues[0]?.path[0]);
  const problem = field in outputs ? "not what it should be" : "missing";
  throw new ExperimentError(
    `The stack ${name} was deployed by another version: its output ${field} is ${problem}.`,
    'Run "pulumi up" again.',
  );
}

function parseOutputs(text: string): object {
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(text));
  } catch (error) {
    throw new ExperimentError(
      `The Pulumi CLI failed: it printed no JSON for the outputs but "${text.trim().slice(0, 80)}"`,
      TRY_IT,
      { cause: error },
    );
  }
}

const run = promisify(execFile);

async function pulumi(signal: AbortSignal | undefined, ...args: string[]): Promise<string> {
  try {
    const { stdout } = await run("pulumi", [...args, "--non-interactive"], {
      cwd: PROJECT,
      timeout: TIMEOUT_MS,
      signal,
      env: { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" },
    });
    return stdout;
  } catch (error) {
    throw explain(error as Error & { code?: unknown; killed?: boolean; stderr?: string });
  }
}

const TRY_IT = 'Try "pulumi stack output --json" yourself.';

/** The CLI's complaints, by words in them, and what helps. Seen of version 3.259. */
const COMPLAINTS: [complaint: RegExp, message: (match: RegExpExecArray) => string, next: string][] =
  [
    [
      /no stack selected/i,
      () => "No stack is selected.",
      'Run "pulumi stack select" or "pulumi stack init dev", then "pulumi up".',
    ],
    [
      /no stack named '(.*)' found/i,
      ([, name]) => `There is no stack ${name}.`,
      'Run "pulumi stack ls" to see the stacks of this project.',
    ],
    [
      /PULUMI_ACCESS_TOKEN|not logged in/i,
      () => "The Pulumi CLI is not logged in.",
      'Run "pulumi login".',
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
