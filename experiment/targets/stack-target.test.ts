import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import type { Deployed } from "../../basics/deployed-targets.ts";
import { MODELS, type Model } from "../../basics/models.ts";
import { loadCostUsd } from "../../pricing/cost.ts";
import { temporaryFolder } from "../../test/processes.ts";
import {
  outputsOf,
  outputsOfAll,
  pathWithPulumi,
  scriptOf,
  targetOutputs,
} from "../../test/pulumi.ts";
import { type ErrorFacts, type ErrorKind, ExperimentError } from "../core/errors.ts";
import { equalStages, type Plan, referencePlan } from "../core/plan/plan.ts";
import { errorWords } from "../reports/error-words.ts";
import { costWords, hourlyWords } from "../reports/words.ts";
import { deployedCautions, planCost, throttlingCautions } from "./deployed-model.ts";
import { findStackTargets, openTarget, type TargetChoice } from "./open-target.ts";
import { readStack } from "./stack-outputs.ts";

const URL_OF_FUNCTION = "https://abc.lambda-url.eu-west-1.on.aws/";

afterEach(() => vi.unstubAllEnvs());

function havePulumi(script: string): void {
  vi.stubEnv("PATH", pathWithPulumi(script));
}

async function failure(stack?: string): Promise<{ kind: ErrorKind; facts: object }> {
  const choice: TargetChoice = stack === undefined ? { kind: "stack" } : { kind: "stack", stack };
  const error: unknown = await openTarget(choice).catch((thrown: unknown) => thrown);
  assert(error instanceof ExperimentError, `no failure for the user but ${error}`);
  return { kind: error.kind, facts: error.facts };
}

test("the selected stack is fired at by its URL, and describes what was deployed", async () => {
  havePulumi(scriptOf(outputsOf(URL_OF_FUNCTION)));
  const target = await openTarget({ kind: "stack" });
  expect(target.url.href).toBe(URL_OF_FUNCTION);
  expect(target.description).toEqual({
    kind: "stack",
    model: "on-demand",
    url: URL_OF_FUNCTION,
    stack: "dev",
    functionName: "lambda-concurrency-test-1234567",
    region: "eu-west-1",
    logGroupName: "/aws/lambda/lambda-concurrency-test-7654321",
    deployment: "abc=",
  });
  expect(target.recycling?.command).toBe(
    "pulumi config set generation 4 --stack dev && pulumi up --stack dev",
  );
  expect(target.logsCommand?.("2026/01/01/[$LATEST]ab")).toBe(
    "aws logs tail /aws/lambda/lambda-concurrency-test-7654321 --region eu-west-1 --follow " +
      "--log-stream-names '2026/01/01/[$LATEST]ab'",
  );
  await target.close();
});

test("a hold that the deployed function does not allow is an obstacle", async () => {
  havePulumi(scriptOf(outputsOf(URL_OF_FUNCTION)));
  const target = await openTarget({ kind: "stack", stack: "dev" });
  expect(await target.obstacles(referencePlan)).toEqual([]);
  const [obstacle] = await target.obstacles({ ...referencePlan, holdMs: 20_000 });
  expect(obstacle).toMatch(
    /holds at most 10 s; .*"pulumi config set maxHoldMs 20000 --stack dev && pulumi up --stack dev"/,
  );
});

test("every environment that may have to start gives a stage's answers more time", async () => {
  havePulumi(scriptOf(outputsOf(URL_OF_FUNCTION)));
  const { coldStartAllowanceMs } = await openTarget({ kind: "stack" });
  const allowed = [1, 2, 1_001].map((concurrency) =>
    coldStartAllowanceMs({ concurrency, requests: 2_000, pauseMs: 0 }),
  );
  expect(allowed).toEqual([15_010, 15_020, 25_010]);
});

test("a function that is shut off is an obstacle", async () => {
  havePulumi(scriptOf({ ...outputsOf(URL_OF_FUNCTION), reservedConcurrency: 0 }));
  const target = await openTarget({ kind: "stack" });
  const [obstacle] = await target.obstacles(referencePlan);
  expect(obstacle).toMatch(
    /shut off.*"pulumi config set reservedConcurrency none --stack dev && pulumi up --stack dev"/,
  );
});

test("only a URL that asks for signatures gets them", async () => {
  havePulumi(scriptOf(outputsOf(URL_OF_FUNCTION)));
  expect((await openTarget({ kind: "stack" })).openSigner).toBeUndefined();
  havePulumi(scriptOf({ ...outputsOf(URL_OF_FUNCTION), urlAuthorization: "AWS_IAM" }));
  expect((await openTarget({ kind: "stack" })).openSigner).toBeDefined();
});

const URL_OF_WEB = "https://id.suffix.lambda-web.eu-west-1.on.aws/";

/** All three models, each as it is by default. */
function outputsOfThree(changes: Partial<Record<Model, object>> = {}): Record<string, unknown> {
  const urlOf = (model: Model) => (model === "web-function" ? URL_OF_WEB : URL_OF_FUNCTION);
  return outputsOfAll(...MODELS.map((model) => targetOutputs(model, urlOf(model), changes[model])));
}

test("all that is exported of each model is read", async () => {
  const outputs = outputsOfThree();
  havePulumi(scriptOf(outputs));
  expect(await readStack()).toEqual({ stack: "dev", targets: outputs.targets });
});

test.each(MODELS)(
  "%s is fired at by its own URL, signed with the payload's hash",
  async (model) => {
    havePulumi(scriptOf(outputsOfThree({ [model]: { authorization: "AWS_IAM" } })));
    vi.stubEnv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE");
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", "secret");
    vi.stubEnv("AWS_PROFILE", "");
    const target = await openTarget({ kind: "stack", model });
    expect(target.description).toMatchObject({ model, deployment: `hash of ${model}` });
    expect(target.url.href).toBe(model === "web-function" ? URL_OF_WEB : URL_OF_FUNCTION);
    const sign = await target.openSigner?.(1_000);
    const headers = await sign?.({ method: "POST", headers: {}, body: "{}" });
    expect(headers?.authorization).toMatch(/Credential=AKIDEXAMPLE\/\d{8}\/eu-west-1\/lambda\//);
    const hash = createHash("sha256").update("{}").digest("hex");
    expect(headers?.["x-amz-content-sha256"]).toBe(hash);
  },
);

test("the first model is fired at where none is named, and one that is missing is a failure", async () => {
  const [, managed, web] = MODELS.map((model) => targetOutputs(model, URL_OF_FUNCTION));
  havePulumi(scriptOf(outputsOfAll(managed ?? {}, web ?? {})));
  expect((await openTarget({ kind: "stack" })).description.model).toBe("managed-instances");
  const error: unknown = await openTarget({ kind: "stack", model: "on-demand" }).catch(
    (thrown: unknown) => thrown,
  );
  expect(errorWords(error, "command line")).toEqual({
    message: "The stack dev has no on-demand; deployed: managed-instances, web-function.",
    nextStep:
      'To add what is missing, run "pulumi config set models ' +
      'on-demand,managed-instances,web-function --stack dev && pulumi up --stack dev".',
  });
});

test("a stack of one model of old is its on-demand function", async () => {
  havePulumi(scriptOf(outputsOf(URL_OF_FUNCTION)));
  const [first, ...others] = await findStackTargets("dev", "all");
  expect([first.choice, ...others]).toEqual([{ kind: "stack", stack: "dev", model: "on-demand" }]);
});

test("all functions of a stack are found by reading it once", async () => {
  const log = join(temporaryFolder(), "calls");
  havePulumi(`echo "$*" >> '${log}'; ${scriptOf(outputsOfThree())}`);
  const found = await findStackTargets("dev", "all");
  const opened = await Promise.all(found.map(({ open }) => open()));
  expect(opened.map(({ description }) => description.model)).toEqual([...MODELS]);
  expect(readFileSync(log, "utf8").trim().split("\n")).toHaveLength(2);
});

test("each model has its own cold start, allowance, log and control, and Managed Instances are waited for", async () => {
  havePulumi(scriptOf(outputsOfThree()));
  const stage = { concurrency: 5, requests: 5, pauseMs: 0 };
  const told = [];
  for (const model of MODELS) {
    const target = await openTarget({ kind: "stack", model });
    told.push([
      target.coldStartAllowanceMs(stage),
      target.recycling?.effect,
      target.logsCommand?.("stream"),
      target.untilAnswering !== undefined,
      target.openControl !== undefined,
    ]);
  }
  const tail = (group: string) => expect.stringMatching(`${group} .* --log-stream-names stream$`);
  expect(told).toEqual([
    [15_050, expect.stringContaining("seconds"), tail("on-demand"), false, true],
    [15_000, expect.stringContaining("minutes"), tail("managed-instances"), true, true],
    [25_000, expect.stringContaining("a minute or more"), tail("web-function"), false, false],
  ]);
});

test("what a stack is billed by the hour is said of each of its functions", async () => {
  havePulumi(scriptOf(outputsOfThree()));
  const { hourly } = await openTarget({ kind: "stack", model: "web-function" });
  assert(hourly);
  const since = new Date(Date.now() - 3.3 * 3_600_000).toISOString();
  expect(hourlyWords({ ...hourly, since })).toMatch(
    /billed, used or not: at least about \$0\.094 an hour since [-\d]+ [:\d]+, \$0\.31 so far, older versions not counted\. "pulumi destroy --stack dev" ends it\.$/,
  );
  havePulumi(scriptOf(outputsOfThree({ "managed-instances": { usdPerHour: undefined } })));
  const unknown = (await openTarget({ kind: "stack" })).hourly;
  assert(unknown);
  expect(hourlyWords(unknown)).toMatch(
    /at a rate that is not known\. It is that of m7g\.large on https:\S+ \+ 15 %\./,
  );
  havePulumi(scriptOf(outputsOf(URL_OF_FUNCTION)));
  expect((await openTarget({ kind: "stack" })).hourly).toBeUndefined();
});

test("Managed Instances cost their requests, and the rates of a Web Function are not known", async () => {
  havePulumi(scriptOf(outputsOfThree()));
  const costOf = async (model: Model) =>
    (await openTarget({ kind: "stack", model })).cost?.(referencePlan);
  const managed = await costOf("managed-instances");
  // Ten requests, and 25,000 bytes of their log.
  expect(managed?.usd).toBeCloseTo(10 * 0.0000002 + (25_000 / 2 ** 30) * 0.5, 12);
  expect(managed?.basis).toMatch(/cost \$0\.094 an hour until they are destroyed, used or not$/);
  const web = await costOf("web-function");
  assert(web);
  expect(web).not.toHaveProperty("usd");
  expect(costWords(web)).toMatch(/^What it costs is not known: AWS publishes no rate/);
});

/** A failure, and what the CLI does before it. */
interface Case<Kind extends ErrorKind = ErrorKind> {
  when: string;
  script: string;
  kind: Kind;
  facts: ErrorFacts[Kind];
}

function failing<Kind extends ErrorKind>(
  when: string,
  script: string,
  kind: Kind,
  facts: ErrorFacts[Kind],
): Case {
  return { when, script, kind, facts };
}

const LISTING = ["stack", "ls", "--json"];
const deployed = outputsOf(URL_OF_FUNCTION);

test.each([
  failing("no stack is selected", "echo '[]'", "no stack selected", { variable: undefined }),
  failing(
    "nobody is logged in",
    "echo 'error: PULUMI_ACCESS_TOKEN must be set for login during non-interactive CLI sessions' >&2; exit 3",
    "not logged in to Pulumi",
    { complaint: "PULUMI_ACCESS_TOKEN must be set for login during non-interactive CLI sessions" },
  ),
  failing(
    "the stack was never deployed, or was destroyed",
    scriptOf({}, { resourceCount: 0 }),
    "stack not deployed",
    { stack: "dev" },
  ),
  failing("its first update has not ended", scriptOf({}), "stack not finished", { stack: "dev" }),
  failing(
    "an update is in progress",
    scriptOf(deployed, { updateInProgress: true }),
    "stack being updated",
    { stack: "dev" },
  ),
  failing(
    "there is no url",
    scriptOf({ ...deployed, url: undefined }),
    "stack of another version",
    { stack: "dev", output: "url", isMissing: true },
  ),
  failing(
    "an output is missing",
    scriptOf({ ...deployed, generation: undefined }),
    "stack of another version",
    { stack: "dev", output: "generation", isMissing: true },
  ),
  failing(
    "an output is of another shape",
    scriptOf({ ...deployed, maxHoldMs: "long" }),
    "stack of another version",
    { stack: "dev", output: "maxHoldMs", isMissing: false },
  ),
  failing(
    "a field of a target is missing",
    scriptOf(outputsOfThree({ "web-function": { maxConcurrency: undefined } })),
    "stack of another version",
    { stack: "dev", output: "targets.2.maxConcurrency", isMissing: true },
  ),
  failing(
    "a target is of a model that nobody knows",
    scriptOf(outputsOfThree({ "web-function": { model: "magic" } })),
    "stack of another version",
    { stack: "dev", output: "targets.2.model", isMissing: false },
  ),
  failing(
    "there is no target",
    scriptOf({ ...deployed, targets: [] }),
    "stack of another version",
    { stack: "dev", output: "targets.0", isMissing: true },
  ),
  failing(
    "a part of the targets is a secret",
    scriptOf(outputsOfThree({ "on-demand": { url: "[secret]" } })),
    "secret outputs",
    { stack: "dev", outputs: ["targets"] },
  ),
  failing(
    "outputs are secrets",
    scriptOf({ ...deployed, url: "[secret]", memoryMb: "[secret]" }),
    "secret outputs",
    { stack: "dev", outputs: ["url", "memoryMb"] },
  ),
  failing(
    "it fails otherwise",
    "echo 'Logging in' >&2; echo 'error: disk on fire' >&2; yes more | head -99 >&2; exit 255",
    "Pulumi failed",
    { args: LISTING, complaint: "disk on fire more" },
  ),
  failing(
    "it fails at the outputs",
    `case "$*" in *" ls "*) ${scriptOf({})};; *) echo 'error: ice' >&2; exit 1;; esac`,
    "Pulumi failed",
    { args: ["stack", "output", "--json", "--stack", "dev"], complaint: "ice" },
  ),
  failing("it fails without a word", "kill -9 $$", "Pulumi failed", {
    args: LISTING,
    complaint: "it ended with SIGKILL",
  }),
  failing(
    "a script in its place complains on standard output",
    "echo 'No version is set for command pulumi'; echo 'Consider adding one'; exit 126",
    "Pulumi not runnable",
    { complaint: "No version is set for command pulumi Consider adding one" },
  ),
  failing(
    "an older one asks for the passphrase",
    "echo 'error: passphrase must be set with PULUMI_CONFIG_PASSPHRASE' >&2; exit 1",
    "Pulumi passphrase missing",
    { complaint: "passphrase must be set with PULUMI_CONFIG_PASSPHRASE" },
  ),
  failing(
    "an older one does not know an option",
    "echo 'error: unknown flag: --json' >&2; exit 1",
    "Pulumi too old",
    { complaint: "unknown flag: --json" },
  ),
  failing("it prints no JSON", "echo dev", "Pulumi failed", {
    args: LISTING,
    complaint: 'it printed "dev" instead of the JSON that was asked for',
  }),
])("the failure is named where $when", async ({ script, kind, facts }) => {
  havePulumi(script);
  expect(await failure()).toEqual({ kind, facts });
});

test.each([undefined, "tomato", ""])(
  "the failure that no stack is selected holds the variable PULUMI_STACK: %j",
  async (variable) => {
    const complaint = "echo 'error: no stack selected; please use it' >&2; exit 1";
    havePulumi(`case "$*" in *" ls "*) echo '[]';; *) ${complaint};; esac`);
    vi.stubEnv("PULUMI_STACK", variable);
    expect(await failure()).toEqual({ kind: "no stack selected", facts: { variable } });
  },
);

test("the reason is said where the list of stacks passes over one that cannot be read", async () => {
  const complaint = "echo 'error: failed to load checkpoint: permission denied' >&2; exit 1";
  havePulumi(`case "$*" in *" ls "*) echo '[]';; *) ${complaint};; esac`);
  expect(await failure()).toEqual({
    kind: "Pulumi state unreadable",
    facts: { complaint: "failed to load checkpoint: permission denied" },
  });
});

test("a stack that is not there is named, and so is a missing CLI", async () => {
  havePulumi(scriptOf(deployed));
  expect(await failure("other")).toEqual({ kind: "no such stack", facts: { stack: "other" } });
  vi.stubEnv("PATH", "/nowhere");
  expect(await failure()).toEqual({ kind: "Pulumi not installed", facts: {} });
});

function burst(concurrency: number): Plan {
  return { ...referencePlan, stages: equalStages(2, concurrency, 2 * concurrency, 0) };
}

const OPEN = {
  reservedConcurrency: "none",
  provisionedConcurrency: "none",
  region: "eu-west-1",
} as const;

test("a burst above the reservation is said to be throttled, without asking the account", async () => {
  const ask = () => Promise.reject(new Error("asked"));
  const cautions = throttlingCautions({ ...OPEN, reservedConcurrency: 3 }, ask);
  expect(await cautions(burst(3))).toEqual([]);
  expect(await cautions(burst(5))).toEqual([
    "The function has a reserved concurrency of 3: at least 2 of 5 will be throttled.",
  ]);
});

test("a burst above what the account has left is said to be throttled; it is asked once", async () => {
  let asked = 0;
  const cautions = throttlingCautions(OPEN, async () => {
    asked += 1;
    return 900;
  });
  expect(await cautions(burst(900))).toEqual([]);
  expect(await cautions(burst(1_000))).toEqual([
    "The account leaves functions without a reservation 900 executions at once in eu-west-1: " +
      "at least 100 of 1,000 will be throttled.",
  ]);
  expect(asked).toBe(1);
});

test("an unknown limit of the account is said of bursts that may meet it", async () => {
  const cautions = throttlingCautions(OPEN, async () => undefined);
  expect(await cautions(burst(10))).toEqual([]);
  const [caution] = await cautions(burst(11));
  expect(caution).toMatch(/allows 11 executions at once is not known.*lambda:GetAccountSettings/);
});

test("more cold starts at once than a function gets environments are said to be throttled", async () => {
  const cautions = throttlingCautions(OPEN, async () => 10_000);
  expect(await cautions(burst(1_000))).toEqual([]);
  expect(await cautions(burst(5_000))).toEqual([
    "A function gets 1,000 more environments in ten seconds: " +
      "of 5,000 cold starts at once, 4,000 will be throttled.",
  ]);
  const ready = throttlingCautions({ ...OPEN, provisionedConcurrency: 4_000 }, async () => 10_000);
  expect(await ready(burst(5_000))).toEqual([]);
});

const MANAGED: Deployed<"managed-instances"> = {
  ...{ model: "managed-instances", url: URL_OF_FUNCTION, authorization: "NONE" },
  ...{ functionName: "f", region: "eu-west-1", logGroupName: "/f", deployment: "d" },
  ...{ maxHoldMs: 10_000, generation: 1, instanceType: "m7g.large", workers: 1 },
  ...{ minEnvironments: 1, maxEnvironments: 2, maxConcurrency: 64 },
  runningSince: "2026-11-30T09:14:00.000Z",
};
const nobody = () => Promise.reject(new Error("asked"));

test("what Managed Instances cannot take, or not at once, is said", async () => {
  const cautions = deployedCautions(MANAGED, nobody);
  expect(await cautions(burst(64))).toEqual([]);
  expect(await cautions(burst(65))).toEqual([
    expect.stringMatching(/^Beyond 64 requests at once .* throttled \(429\)\.$/),
  ]);
  expect(await cautions(burst(130))).toEqual([
    "The instances take 128 requests at once: at least 2 of 130 will be throttled.",
  ]);
});

test("that a burst may be spread is said of Managed Instances that are ten minutes old at most", async () => {
  const cautionsAt = (minutes: number, atOnce: number) => {
    const runningSince = new Date(Date.now() - minutes * 60_000).toISOString();
    return deployedCautions({ ...MANAGED, runningSince }, nobody)(burst(atOnce));
  };
  const spread = expect.stringMatching(
    /^A burst may be spread, and look isolated: .* three environments\.$/,
  );
  expect(await cautionsAt(9, 5)).toEqual([spread]);
  expect(await cautionsAt(9, 65)).toEqual([spread, expect.stringMatching(/^Beyond 64 requests/)]);
  expect(await cautionsAt(9, 1)).toEqual([]);
  expect(await cautionsAt(11, 5)).toEqual([]);
});

test("that a Web Function begins with few at once is said, and what it has no room for", async () => {
  const { minEnvironments: _, ...others } = MANAGED;
  const web = { ...others, model: "web-function" } as const;
  const cautions = deployedCautions(web, nobody);
  expect(await cautions(burst(1))).toEqual([]);
  expect(await cautions(burst(5))).toEqual([
    expect.stringMatching(/begins with few .* spread over 2 environments\. A run before it/),
  ]);
  expect(await cautions(burst(129))).toEqual([
    "The Web Function serves 128 requests at once: 1 of 129 will wait or be throttled.",
  ]);
});

const BILLED = {
  region: "eu-west-1",
  architecture: "arm64",
  memoryMb: 128,
  provisionedConcurrency: 3,
} as const;

test("a plan costs what its stages cost together, each with its own concurrency", () => {
  const stages = [...equalStages(1, 2, 20, 0), ...equalStages(2, 10, 10, 0)];
  const { usd } = planCost({ ...referencePlan, stages, holdMs: 1_000 }, BILLED);
  const narrow = loadCostUsd(BILLED, { requests: 20, atOnce: 2, holdMs: 1_000 });
  const wide = loadCostUsd(BILLED, { requests: 20, atOnce: 10, holdMs: 1_000 });
  expect(usd).toBeCloseTo(narrow + wide, 12);
});

test("the words name the figure and what it rests on", () => {
  expect(costWords(planCost(referencePlan, { ...BILLED, provisionedConcurrency: "none" }))).toBe(
    "It costs about $0.000098 at list price: " +
      "128 MB arm64 in eu-west-1, a region of the ordinary price class.",
  );
});
