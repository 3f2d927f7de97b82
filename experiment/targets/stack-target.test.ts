import { afterEach, expect, test, vi } from "vitest";
import { outputsOf, pathWithPulumi, scriptOf } from "../../test/pulumi.ts";
import { ExperimentError } from "../core/errors.ts";
import { referencePlan } from "../core/plan.ts";
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

test.each([
  [
    "no stack is selected",
    "echo 'error: no stack selected; please use `pulumi stack select` or `pulumi stack init` to choose one' >&2; exit 1",
    /No stack is selected\. Run "pulumi stack select"/,
  ],
  [
    "nobody is logged in",
    "echo 'error: PULUMI_ACCESS_TOKEN must be set for login during non-interactive CLI sessions' >&2; exit 3",
    /The Pulumi CLI is not logged in\. Run "pulumi login"/,
  ],
  ["the stack is empty", scriptOf({}), /The stack dev is not deployed\. Run "pulumi up"/],
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
  [
    "the URL takes signed requests only",
    scriptOf({ ...outputsOf(URL_OF_FUNCTION), urlAuthorization: "AWS_IAM" }),
    /takes signed requests only.*pulumi config set urlAuthorization NONE/,
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
