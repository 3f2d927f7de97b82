/** A program called `pulumi` that says what the real one was seen to say. */

import { chmodSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { Deployed, DeployedTarget } from "../basics/deployed-targets.ts";
import { MODELS, type Model } from "../basics/models.ts";
import { startLambda } from "./embedded-lambda.ts";
import { temporaryFolder } from "./processes.ts";

/** What `pulumi up` exports, with a URL of one's own. */
export function outputsOf(url: string): Record<string, unknown> {
  return {
    url,
    urlAuthorization: "NONE",
    functionName: "lambda-concurrency-test-1234567",
    region: "eu-west-1",
    logGroupName: "/aws/lambda/lambda-concurrency-test-7654321",
    memoryMb: 128,
    architecture: "arm64",
    timeoutSeconds: 65,
    maxHoldMs: 10_000,
    reservedConcurrency: "none",
    provisionedConcurrency: "none",
    generation: 3,
    codeSha256: "abc=",
    readme: "# Lambda Concurrency Test",
  };
}

const COMMON = {
  authorization: "NONE",
  region: "eu-west-1",
  maxHoldMs: 10_000,
  generation: 3,
} as const;

type Named = "url" | "functionName" | "logGroupName" | "deployment";
/** What an entry of `targets` has of its own, by its model. */
type Own<M extends Model> = Omit<Deployed<M>, keyof typeof COMMON | Named>;

const OWN: { [M in Model]: Own<M> } = {
  "on-demand": {
    model: "on-demand",
    memoryMb: 128,
    architecture: "arm64",
    reservedConcurrency: "none",
    provisionedConcurrency: "none",
  },
  "managed-instances": {
    model: "managed-instances",
    instanceType: "m7g.large",
    minEnvironments: 1,
    maxEnvironments: 1,
    workers: 1,
    maxConcurrency: 64,
    runningSince: "2026-11-30T09:14:00Z",
    usdPerHour: 0.09384,
  },
  "web-function": { model: "web-function", maxEnvironments: 2, maxConcurrency: 64 },
};

/** What `pulumi up` exports of one model, as an entry of `targets`. */
export function targetOutputs(model: Model, url: string, changes: object = {}): DeployedTarget {
  return {
    ...COMMON,
    url,
    functionName: `lambda-concurrency-test-${model}`,
    logGroupName: `/aws/lambda/${model}`,
    deployment: `hash of ${model}`,
    ...OWN[model],
    ...changes,
  };
}

/** What it exports of several, in the order of the table of models. */
export function outputsOfAll(...targets: readonly object[]): Record<string, unknown> {
  return { ...targets[0], targets };
}

/**
 * Writes the program into a folder of its own.
 *
 * @param script what it does, in the shell's language; its arguments are the command's
 * @returns a PATH on which it comes first
 */
export function pathWithPulumi(script: string): string {
  const folder = temporaryFolder();
  const file = join(folder, "pulumi");
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return `${folder}${delimiter}${process.env.PATH}`;
}

/** What `pulumi stack ls --json` says of a stack that is deployed, beside its name. */
const DEPLOYED = { lastUpdate: "2026-11-23T12:00:00.000Z", resourceCount: 8 };

/**
 * Answers for a stack called `dev` that is selected and has outputs.
 *
 * @param listed changes what is listed of it
 */
export function scriptOf(outputs: Record<string, unknown>, listed: object = {}): string {
  const stacks = [
    { name: "another", current: false, ...DEPLOYED },
    { name: "dev", current: true, ...DEPLOYED, ...listed },
  ];
  return `case "$*" in
  *"stack ls --json"*) cat <<'END'
${JSON.stringify(stacks)}
END
;;
  *"output --json --stack dev"*) cat <<'END'
${JSON.stringify(outputs)}
END
;;
  *) echo "error: no stack named 'other' found" >&2; exit 6 ;;
esac`;
}

/** What a program finds a stack of these outputs by. */
export const stackOf = (outputs: Record<string, unknown>) => ({
  PATH: pathWithPulumi(scriptOf(outputs)),
});

/** A stack of all models, each of which is an embedded Lambda. */
export async function deployThree(): Promise<{ PATH: string }> {
  const since = new Date(Date.now() - 3.3 * 3_600_000).toISOString();
  const targets = MODELS.map(async (model) => {
    const { url } = await startLambda({ model });
    const isBilled = model === "managed-instances";
    return targetOutputs(model, url.href, isBilled ? { runningSince: since } : {});
  });
  return stackOf(outputsOfAll(...(await Promise.all(targets))));
}
