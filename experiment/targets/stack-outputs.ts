/** What the Pulumi stack of this project exports. */

import * as z from "zod";
import { ExperimentError } from "../core/errors.ts";
import { noneSelected, pulumi, unexpectedOutput } from "./pulumi-cli.ts";

/** How many environments, or `none`. */
const concurrency = z.union([z.int().nonnegative(), z.literal("none")]);

const outputsSchema = z.object({
  url: z.url({ protocol: /^https?$/ }),
  urlAuthorization: z.enum(["AWS_IAM", "NONE"]),
  functionName: z.string(),
  region: z.string(),
  logGroupName: z.string(),
  memoryMb: z.number(),
  architecture: z.enum(["arm64", "x86_64"]),
  maxHoldMs: z.number(),
  reservedConcurrency: concurrency,
  provisionedConcurrency: concurrency,
  codeSha256: z.string(),
  generation: z.number(),
});

export interface Stack extends z.infer<typeof outputsSchema> {
  /** The stack's name. */
  stack: string;
}

/** A stack as `pulumi stack ls --json` lists it. */
const summarySchema = z.object({
  name: z.string(),
  current: z.boolean(),
  /** Known to Pulumi Cloud only. */
  updateInProgress: z.boolean().optional(),
  resourceCount: z.number().optional(),
});
type Summary = z.infer<typeof summarySchema>;

/**
 * Reads the outputs of a stack of this project.
 *
 * @param stack its name; by default the selected one
 * @param signal ends the CLI early
 * @throws ExperimentError that says what is missing and the command that helps
 */
export async function readStack(stack?: string, signal?: AbortSignal): Promise<Stack> {
  if (stack === undefined) {
    const selected = (await listStacks(signal)).find(({ current }) => current);
    if (!selected) {
      // The list passes over what cannot be read; asked for its outputs, the CLI says why.
      await pulumi(OUTPUTS, signal);
      throw noneSelected();
    }
    return toStack(selected.name, await readOutputs(selected.name, signal), selected);
  }
  // One that is not listed, since it is of another organization, may still have outputs.
  const [summaries, outputs] = await bothOrNeither(signal, (either) => [
    listStacks(either),
    readOutputs(stack, either),
  ]);
  const summary = summaries.find(({ name }) => name === stack);
  return toStack(stack, outputs, summary);
}

/**
 * What two of the CLI's commands come to at once.
 *
 * @param begin gets a signal that ends both: where one fails, nobody waits for the other
 */
async function bothOrNeither<A, B>(
  signal: AbortSignal | undefined,
  begin: (either: AbortSignal) => [Promise<A>, Promise<B>],
): Promise<[A, B]> {
  const failure = new AbortController();
  const either = AbortSignal.any([failure.signal, ...(signal ? [signal] : [])]);
  const both = begin(either);
  try {
    return await Promise.all(both);
  } catch (error) {
    failure.abort();
    // Its processes are gone before anybody hears of the failure.
    await Promise.allSettled(both);
    throw error;
  }
}

const OUTPUTS = ["stack", "output", "--json"];

function listStacks(signal?: AbortSignal): Promise<Summary[]> {
  return ask(["stack", "ls", "--json"], z.array(summarySchema), signal);
}

function readOutputs(stack: string, signal?: AbortSignal): Promise<Record<string, unknown>> {
  return ask([...OUTPUTS, "--stack", stack], z.record(z.string(), z.unknown()), signal);
}

/** What the CLI prints in place of a secret. */
const SECRET = "[secret]";

function toStack(
  name: string,
  outputs: Record<string, unknown>,
  summary: Summary | undefined,
): Stack {
  if (summary?.updateInProgress) {
    throw new ExperimentError("stack being updated", { stack: name });
  }
  if (Object.keys(outputs).length === 0) throw notDeployed(name, summary);
  const secrets = Object.keys(outputsSchema.shape).filter((key) => outputs[key] === SECRET);
  if (secrets.length > 0)
    throw new ExperimentError("secret outputs", { stack: name, outputs: secrets });
  const parsed = outputsSchema.safeParse(outputs);
  if (parsed.success) return { stack: name, ...parsed.data };
  const output = String(parsed.error.issues[0]?.path[0]);
  const isMissing = !(output in outputs);
  throw new ExperimentError("stack of another version", { stack: name, output, isMissing });
}

/** Outputs are written at the end of an update, resources one by one. */
function notDeployed(name: string, { resourceCount = 0 }: Partial<Summary> = {}): ExperimentError {
  const kind = resourceCount === 0 ? "stack not deployed" : "stack not finished";
  return new ExperimentError(kind, { stack: name });
}

async function ask<T>(
  args: readonly string[],
  schema: z.ZodType<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  const text = await pulumi(args, signal);
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    throw unexpectedOutput(args, text, error);
  }
}
