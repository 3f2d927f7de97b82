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
 * @throws ExperimentError that says what is missing and the command that helps
 */
export async function readStack(stack?: string): Promise<Stack> {
  const name = stack ?? (await pulumi("stack", "--show-name")).trim();
  const text = await pulumi("stack", "output", "--json", "--stack", name);
  const outputs: unknown = JSON.parse(text);
  if (typeof outputs !== "object" || outputs === null || Object.keys(outputs).length === 0) {
    throw new ExperimentError(`The stack ${name} is not deployed.`, 'Run "pulumi up".');
  }
  const parsed = outputsSchema.safeParse(outputs);
  if (parsed.success) return { stack: name, ...parsed.data };
  const [field] = parsed.error.issues[0]?.path ?? [];
  throw new ExperimentError(
    `The stack ${name} was deployed by another version: its output ${String(field)} is ` +
      `${field !== undefined && field in outputs ? "not what it should be" : "missing"}.`,
    'Run "pulumi up" again.',
  );
}

const run = promisify(execFile);

async function pulumi(...args: string[]): Promise<string> {
  try {
    const { stdout } = await run("pulumi", [...args, "--non-interactive"], {
      cwd: PROJECT,
      timeout: TIMEOUT_MS,
      env: { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" },
    });
    return stdout;
  } catch (error) {
    throw explain(error as Error & { code?: unknown; killed?: boolean; stderr?: string });
  }
}

/** The CLI's complaints, by a word in them, and what helps. */
const COMPLAINTS: [RegExp, string, string][] = [
  [
    /no stack selected|no current stack/i,
    "No stack is selected.",
    'Run "pulumi stack select" or "pulumi stack init dev", then "pulumi up".',
  ],
  [
    /no stack named/i,
    "There is no stack of this name.",
    'Run "pulumi stack ls" to see the stacks of this project.',
  ],
  [/login|PULUMI_ACCESS_TOKEN/i, "The Pulumi CLI is not logged in.", 'Run "pulumi login".'],
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
      'Try "pulumi stack output" yourself.',
      options,
    );
  }
  const complaint = error.stderr?.replace(/^error: /, "").trim() || error.message;
  const [, message, nextStep] = COMPLAINTS.find(([pattern]) => pattern.test(complaint)) ?? [
    undefined,
    `The Pulumi CLI failed: ${complaint}`,
    'Try "pulumi stack output" yourself.',
  ];
  return new ExperimentError(message, nextStep, options);
}
