import { afterEach, expect, test, vi } from "vitest";
import { outputsOf, pathWithPulumi, scriptOf } from "../../test/pulumi.ts";
import { ExperimentError } from "../core/errors.ts";
import { referencePlan } from "../core/plan/plan.ts";
import { openTarget } from "./open-target.ts";

const URL_OF_FUNCTION = "https://abc.lambda-url.eu-west-1.on.aws/";

afterEach(() => vi.unstubAllEnvs());

function havePulumi(script: string): void {
  vi.stubEnv("PATH", pathWithPulumi(script));
}

async function failure(stack?: string): Promise<string> {
  const error = await openTarget({ kind: "stack", ...(stack && { stack }) }).catch(
    (thrown) => thrown,
  );
  expect(error).toBeInstanceOf(ExperimentError);
  return `${error.message} ${error.nextStep}`;
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
  expect(target.recycleCommand).toBe(
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
  vi.stubEnv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "secret");
  vi.stubEnv("AWS_PROFILE", "");
  const target = await openTarget({ kind: "stack" });
  const sign = await target.openSigner?.(1_000);
  const headers = await sign?.({ method: "POST", headers: {}, body: "{}" });
  expect(headers?.authorization).toMatch(/Credential=AKIDEXAMPLE\/\d{8}\/eu-west-1\/lambda\//);
});

test.each([
  ["no stack is selected", "echo '[]'", /No stack is selected\. Run "pulumi stack select"/],
  [
    "nobody is logged in",
    "echo 'error: PULUMI_ACCESS_TOKEN must be set for login during non-interactive CLI sessions' >&2; exit 3",
    /The Pulumi CLI is not logged in\. Run "pulumi login"/,
  ],
  [
    "the stack was never deployed, or was destroyed",
    scriptOf({}, { resourceCount: 0 }),
    /The stack dev is not deployed\. Run "pulumi up --stack dev"/,
  ],
  [
    "its first update has not ended",
    scriptOf({}),
    /dev has no outputs yet: its first update is in progress, or was interrupted\. Wait/,
  ],
  [
    "an update is in progress",
    scriptOf(outputsOf(URL_OF_FUNCTION), { updateInProgress: true }),
    /An update of the stack dev is in progress\. Wait until it has ended/,
  ],
  [
    "there is no url",
    scriptOf({ ...outputsOf(URL_OF_FUNCTION), url: undefined }),
    /another version: its output url is missing\. Run "pulumi up --stack dev" again/,
  ],
  [
    "an output is missing",
    scriptOf({ ...outputsOf(URL_OF_FUNCTION), generation: undefined }),
    /another version: its output generation is missing\. Run "pulumi up --stack dev" again/,
  ],
  [
    "an output is of another shape",
    scriptOf({ ...outputsOf(URL_OF_FUNCTION), maxHoldMs: "long" }),
    /its output maxHoldMs is not what it should be/,
  ],
  [
    "one output is a secret",
    scriptOf({ ...outputsOf(URL_OF_FUNCTION), functionName: "[secret]" }),
    /^The output functionName of the stack dev is a secret, .*\. Export it without pulumi\.secret/,
  ],
  [
    "outputs are secrets",
    scriptOf({ ...outputsOf(URL_OF_FUNCTION), url: "[secret]", memoryMb: "[secret]" }),
    /^The outputs url, memoryMb of the stack dev are secrets, .* run "pulumi up --stack dev"\.$/,
  ],
  [
    "it fails otherwise",
    "echo 'Logging in' >&2; echo 'error: disk on fire' >&2; yes more | head -99 >&2; exit 255",
    /^The Pulumi CLI failed: disk on fire more\. Try "pulumi stack ls --json" yourself\.$/,
  ],
  [
    "it fails at the outputs",
    `case "$*" in *" ls "*) ${scriptOf({})};; *) echo 'error: ice' >&2; exit 1;; esac`,
    /failed: ice\. Try "pulumi stack output --json --stack dev" yourself\.$/,
  ],
  ["it fails without a word", "kill -9 $$", /failed: it ended with SIGKILL\. Try/],
  [
    "a script in its place complains on standard output",
    "echo 'No version is set for command pulumi'; echo 'Consider adding one'; exit 126",
    /^The command pulumi does not run: No version is set for command pulumi Consider adding one\. See/,
  ],
  [
    "an older one asks for the passphrase",
    "echo 'error: passphrase must be set with PULUMI_CONFIG_PASSPHRASE' >&2; exit 1",
    /^The Pulumi CLI asks for the passphrase of the stack: .* Update it .*PULUMI_CONFIG_PASSPHRASE/,
  ],
  [
    "an older one does not know an option",
    "echo 'error: unknown flag: --json' >&2; exit 1",
    /^The Pulumi CLI is too old: unknown flag: --json\. Update it to 3\.252/,
  ],
  [
    "it prints no JSON",
    "echo dev",
    /failed: it printed "dev" instead of the JSON .*stack ls --json"/,
  ],
])("where %s, it is said with the next step", async (_, script, message) => {
  havePulumi(script);
  expect(await failure()).toMatch(message);
});

test.each([
  [undefined, /^No stack is selected\. Run "pulumi stack select"/],
  ["tomato", /^There is no stack tomato, which the variable PULUMI_STACK selects\. Name another/],
  ["", /^No stack is selected, since the variable PULUMI_STACK is set to nothing\. Name another/],
])(
  "where the variable PULUMI_STACK is %j and selects no stack, it is told apart",
  async (value, message) => {
    const complaint = "echo 'error: no stack selected; please use it' >&2; exit 1";
    havePulumi(`case "$*" in *" ls "*) echo '[]';; *) ${complaint};; esac`);
    vi.stubEnv("PULUMI_STACK", value);
    expect(await failure()).toMatch(message);
  },
);

test("where the list of stacks passes over one that cannot be read, the reason is said", async () => {
  const complaint = "echo 'error: failed to load checkpoint: permission denied' >&2; exit 1";
  havePulumi(`case "$*" in *" ls "*) echo '[]';; *) ${complaint};; esac`);
  expect(await failure()).toMatch(
    /^The Pulumi CLI cannot read the stack's state: .*permission denied\. See whether/,
  );
});

test("a stack that is not there is named, and so is a missing CLI", async () => {
  havePulumi(scriptOf(outputsOf(URL_OF_FUNCTION)));
  expect(await failure("other")).toMatch(/There is no stack other\. Run "pulumi stack ls"/);
  vi.stubEnv("PATH", "/nowhere");
  expect(await failure()).toMatch(/The Pulumi CLI is not installed\. Install it from https/);
});
