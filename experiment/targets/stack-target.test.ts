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
  expect(target.recycleCommand).toBe("pulumi config set generation 4 && pulumi up");
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
  expect(obstacle).toMatch(/holds at most 10 s; .*pulumi config set maxHoldMs 20000 && pulumi up/);
});

test("a function that is shut off is an obstacle", async () => {
  havePulumi(scriptOf({ ...outputsOf(URL_OF_FUNCTION), reservedConcurrency: 0 }));
  const target = await openTarget({ kind: "stack" });
  const [obstacle] = await target.obstacles(referencePlan);
  expect(obstacle).toMatch(/shut off.*pulumi config set reservedConcurrency none && pulumi up/);
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
    /The stack dev is not deployed\. Run "pulumi up"/,
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
    /another version: its output url is missing\. Run "pulumi up" again/,
  ],
  [
    "an output is missing",
    scriptOf({ ...outputsOf(URL_OF_FUNCTION), generation: undefined }),
    /another version: its output generation is missing\. Run "pulumi up" again/,
  ],
  [
    "an output is of another shape",
    scriptOf({ ...outputsOf(URL_OF_FUNCTION), maxHoldMs: "long" }),
    /its output maxHoldMs is not what it should be/,
  ],
  ["it fails otherwise", "echo 'error: disk on fire' >&2; exit 255", /failed: disk on fire/],
  ["it prints no JSON", "echo dev", /failed: .*JSON/],
])("where %s, it is said with the next step", async (_, script, message) => {
  havePulumi(script);
  expect(await failure()).toMatch(message);
});

test("a stack that is not there is named, and so is a missing CLI", async () => {
  havePulumi(scriptOf(outputsOf(URL_OF_FUNCTION)));
  expect(await failure("other")).toMatch(/There is no stack other\. Run "pulumi stack ls"/);
  vi.stubEnv("PATH", "/nowhere");
  expect(await failure()).toMatch(/The Pulumi CLI is not installed\. Install it from https/);
});
