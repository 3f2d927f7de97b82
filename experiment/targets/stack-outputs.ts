/** What the Pulumi stack of this project exports, as the CLI tells it without ever asking back. */

import { fileURLToPath } from "node:url";
import * as z from "zod";
import type { DeployedTarget } from "../../basics/deployed-targets.ts";
import { MODELS, type Model } from "../../basics/models.ts";
import { excerpt } from "../../basics/printable.ts";
import { isStop } from "../core/abort.ts";
import { ExperimentError, rootMessage } from "../core/errors.ts";
import { type Finished, runInGroup } from "./run-in-group.ts";

/** How many environments, or `none`. */
const concurrency = z.union([z.int().nonnegative(), z.literal("none")]);
const architecture = z.enum(["arm64", "x86_64"]);
const authorization = z.enum(["AWS_IAM", "NONE"]);

/** What every deployed function has. */
const common = {
  url: z.url({ protocol: /^https?$/ }),
  functionName: z.string(),
  region: z.string(),
  logGroupName: z.string(),
  maxHoldMs: z.number(),
  generation: z.number(),
};
const onDemand = {
  memoryMb: z.number(),
  architecture,
  reservedConcurrency: concurrency,
  provisionedConcurrency: concurrency,
};
/** `deployment` identifies the code and what settles sharing. */
const target = { ...common, authorization, deployment: z.string() };

const targetSchema: z.ZodType<DeployedTarget> = z.discriminatedUnion("model", [
  z.object({ model: z.literal("on-demand"), ...target, ...onDemand }),
  z.object({
    model: z.literal("managed-instances"),
    ...target,
    instanceType: z.string(),
    minEnvironments: z.int(),
    maxEnvironments: z.int(),
    workers: z.int(),
    /** Of one environment. */
    maxConcurrency: z.int(),
    /** When that was created which is billed by the hour. */
    runningSince: z.string().refine((text) => !Number.isNaN(Date.parse(text))),
    /** Absent where no rate is known of the instance type. */
    usdPerHour: z.number().optional(),
  }),
  z.object({
    model: z.literal("web-function"),
    ...target,
    maxEnvironments: z.int(),
    /** Of one environment. */
    maxConcurrency: z.int(),
  }),
]);

/** The outputs of a program that deploys several models; those beside it are of the first. */
const outputsSchema = z.object({ targets: z.tuple([targetSchema], targetSchema) });

/** What a stack exports that was deployed before there was a choice of models. */
const olderOutputsSchema = z.object({
  ...common,
  ...onDemand,
  urlAuthorization: authorization,
  codeSha256: z.string(),
});

export interface Stack {
  /** The stack's name. */
  stack: string;
  /** In the order of {@link MODELS}. */
  targets: readonly [DeployedTarget, ...DeployedTarget[]];
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
  if ("targets" in outputs) {
    return { stack: name, targets: parseOutputs(outputsSchema, name, outputs).targets };
  }
  const older = parseOutputs(olderOutputsSchema, name, outputs);
  const { urlAuthorization, codeSha256, ...rest } = older;
  const known = { authorization: urlAuthorization, deployment: codeSha256 };
  return { stack: name, targets: [{ model: "on-demand", ...rest, ...known }] };
}

/** @throws ExperimentError that names an output that is missing, secret, or not what it should be */
function parseOutputs<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  stack: string,
  outputs: Record<string, unknown>,
): z.infer<z.ZodObject<Shape>> {
  const isSecret = (key: string) =>
    JSON.stringify(outputs[key])?.includes(JSON.stringify(SECRET)) ?? false;
  const secrets = Object.keys(schema.shape).filter(isSecret);
  if (secrets.length > 0) throw new ExperimentError("secret outputs", { stack, outputs: secrets });
  const parsed = schema.safeParse(outputs);
  if (parsed.success) return parsed.data;
  const path = parsed.error.issues[0]?.path ?? [];
  const isMissing = path.reduce<unknown>(valueAt, outputs) === undefined;
  const output = path.map(String).join(".");
  throw new ExperimentError("stack of another version", { stack, output, isMissing });
}

function valueAt(parent: unknown, key: PropertyKey): unknown {
  return typeof parent === "object" && parent !== null ? Reflect.get(parent, key) : undefined;
}

/**
 * The functions that were asked for, in the order of {@link MODELS}.
 *
 * @param models `all`: those that are deployed; none: the first of them
 * @throws ExperimentError where one is not deployed
 */
export function chooseTargets(
  { stack, targets }: Stack,
  models: "all" | readonly Model[],
): readonly [DeployedTarget, ...DeployedTarget[]] {
  if (models === "all") return targets;
  if (models.length === 0) return [targets[0]];
  const deployed = targets.map(({ model }) => model);
  const missing = models.filter((model) => !deployed.includes(model));
  const [first, ...others] = targets.filter(({ model }) => models.includes(model));
  if (missing.length === 0 && first) return [first, ...others];
  const wanted = MODELS.filter((model) => deployed.includes(model) || missing.includes(model));
  throw new ExperimentError("model not deployed", { stack, missing, deployed, models: wanted });
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
  } catch (cause) {
    const beginning = text.trim().slice(0, 80);
    const complaint = `it printed "${beginning}" instead of the JSON that was asked for`;
    throw new ExperimentError("Pulumi failed", { args, complaint }, { cause });
  }
}

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
async function pulumi(args: readonly string[], signal?: AbortSignal): Promise<string> {
  let finished: Finished;
  try {
    finished = await runInGroup("pulumi", [...args, "--non-interactive"], {
      cwd: PROJECT,
      timeoutMs: TIMEOUT_MS,
      signal,
      env: { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" },
    });
  } catch (error) {
    throw isStop(error, signal) ? error : unstartable(args, error as NodeJS.ErrnoException);
  }
  if (finished.code !== 0) throw explain(args, finished);
  return finished.stdout;
}

/** No stack is selected, or one that is not there. */
function noneSelected(): ExperimentError {
  // The variable has the last word, and `pulumi stack select` changes nothing about it.
  return new ExperimentError("no stack selected", { variable: process.env.PULUMI_STACK });
}

/**
 * The CLI's complaints, by words in them, and what is wrong then. All but the passphrase and what an
 * older one says were seen of version 3.259.
 */
const COMPLAINTS = [
  [
    /PULUMI_ACCESS_TOKEN must be set|not logged in|requires logging in|no credentials provided/i,
    "not logged in to Pulumi",
  ],
  [/no such host|dial tcp|connection refused|network is unreachable/i, "Pulumi state out of reach"],
  // Outputs need none since 3.252.
  [/passphrase/i, "Pulumi passphrase missing"],
  [/unknown (?:shorthand )?(?:flag|command)/i, "Pulumi too old"],
  [/'[^']*Pulumi\.yaml'/, "Pulumi.yaml unusable"],
  [
    /unable to open state directory|failed to load checkpoint|blob \(key|\.pulumi\/stacks/i,
    "Pulumi state unreadable",
  ],
] as const;

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
  if (/no stack selected/i.test(complaint)) return noneSelected();
  const missing = /no stack named '(.*)' found/i.exec(complaint)?.[1];
  if (missing !== undefined) return new ExperimentError("no such stack", { stack: missing });
  const known = COMPLAINTS.find(([pattern]) => pattern.test(complaint));
  if (known) return new ExperimentError(known[1], { complaint });
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
  return excerpt(words.replace(/^error: */i, ""), MOST_CHARACTERS);
}
