import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import { start as startProgram, temporaryFolder } from "../../test/processes.ts";
import { waitUntil } from "../../test/wait-until.ts";
import {
  defaultConfiguration,
  type FunctionConfiguration,
  MODELS,
} from "../function-configuration.ts";
import { LocalLambda } from "../local-lambda.ts";

afterEach(() => vi.unstubAllEnvs());

/** Tells where it runs, as its environment has it. */
const WHERE = `
  import { readFileSync } from "node:fs";
  export const handler = async (_, context) => ({
    root: process.env.LAMBDA_TASK_ROOT,
    note: readFileSync("note.txt", "utf8"),
    name: context.functionName,
    version: context.functionVersion,
    arn: context.invokedFunctionArn,
    logGroup: context.logGroupName,
    logStream: context.logStreamName,
    region: process.env.AWS_REGION,
  });`;

async function startWith(
  files: Record<string, string>,
  handler: string,
  changes: Partial<FunctionConfiguration> = {},
) {
  const root = temporaryFolder();
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), content);
  }
  const code = { root, handler };
  const lambda = await LocalLambda.start({ ...defaultConfiguration(), ...changes, code }, 0);
  onTestFinished(() => lambda.close());
  return { lambda, root };
}

function isLogged(lambda: LocalLambda, text: string): boolean {
  const lines = lambda.pool.registry.streams().flatMap((stream) => stream.lines);
  return lines.some((line) => line.text.includes(text));
}

test("code in a folder is served from there, beside its files, and the folder is left alone", async () => {
  const files = { "src/app.mjs": WHERE, "note.txt": "hello" };
  const { lambda, root } = await startWith(files, "src/app.handler");
  const answer = await fetch(lambda.url);
  expect(await answer.json()).toMatchObject({ root, note: "hello" });
  await lambda.close();
  expect(readdirSync(root).sort()).toEqual(["note.txt", "src"]);
});

test("CommonJS is served as well", async () => {
  const files = { "index.js": "exports.nested = { handler: async () => 'hello' };" };
  const { lambda } = await startWith(files, "index.nested.handler");
  expect(await (await fetch(lambda.url)).text()).toBe("hello");
});

test.each(MODELS)(
  "with %s folders may be called by what has a meaning in URLs, that of temporary files too",
  async (model) => {
    const temporary = join(temporaryFolder(), "t#m?p %20%é");
    mkdirSync(temporary);
    vi.stubEnv("TMPDIR", temporary);
    const files = {
      "c#o?d %20%é/index.mjs": "export const handler = () => import('./other.mjs');",
    };
    const other = { "c#o?d %20%é/other.mjs": "export const said = 'hello';" };
    const changes = { model, environments: 1 };
    const { lambda } = await startWith(
      { ...files, ...other },
      "c#o?d %20%é/index.handler",
      changes,
    );
    expect(await (await fetch(lambda.url)).json()).toEqual({ said: "hello" });

    const own = await LocalLambda.start({ ...defaultConfiguration(model), ...changes }, 0);
    onTestFinished(() => own.close());
    const body = JSON.stringify({ client: "Ana", holdMs: 0 });
    expect((await fetch(own.url, { method: "POST", body })).status).toBe(200);
  },
);

test("code may lie in a folder that is called as AWS's client is", async () => {
  const files = { "aws-lambda-ric/index.mjs": "export const handler = async () => 'hello';" };
  const { lambda } = await startWith(files, "aws-lambda-ric/index.handler");
  expect(await (await fetch(lambda.url)).text()).toBe("hello");
});

test("other code has another hash than this project's handler", async () => {
  const { lambda } = await startWith({ "index.mjs": "1" }, "index.handler");
  const own = await LocalLambda.start(defaultConfiguration(), 0);
  onTestFinished(() => own.close());
  expect(lambda.codeSha256).toMatch(/^[0-9a-f]{64}$/);
  expect(own.codeSha256).toMatch(/^[0-9a-f]{64}$/);
  expect(own.codeSha256).not.toBe(lambda.codeSha256);
});

test("a handler that its file does not export fails requests, and the log says why", async () => {
  const { lambda } = await startWith({ "index.mjs": "export const other = 1;" }, "index.handler");
  expect((await fetch(lambda.url)).status).toBe(502);
  await waitUntil("the reason in the log", () => isLogged(lambda, "Runtime.HandlerNotFound"));
});

test("names are what AWS would make of them", async () => {
  const { lambda } = await startWith({ "index.mjs": WHERE, "note.txt": "" }, "index.handler", {
    functionName: "my-function",
    version: "7",
    region: "eu-west-1",
    logGroupName: "/my/logs",
  });
  const answer = await fetch(lambda.url);
  expect(await answer.json()).toMatchObject({
    name: "my-function",
    version: "7",
    arn: "arn:aws:lambda:eu-west-1:123456789012:function:my-function:7",
    logGroup: "/my/logs",
    logStream: expect.stringMatching(/^\d{4}\/\d\d\/\d\d\/\[7\][0-9a-f]{32}$/),
    region: "eu-west-1",
  });
});

test("by default nothing is published, and the names follow the function's", async () => {
  const { lambda } = await startWith({ "index.mjs": WHERE, "note.txt": "" }, "index.handler", {
    functionName: "my-function",
  });
  const answer = await fetch(lambda.url);
  expect(await answer.json()).toMatchObject({
    version: "$LATEST",
    arn: "arn:aws:lambda:local:123456789012:function:my-function",
    logGroup: "/aws/lambda/my-function",
    logStream: expect.stringContaining("/[$LATEST]"),
    region: "local",
  });
});

test("a log begins with the start of its environment, and outlives it", async () => {
  const files = { "index.mjs": "export const handler = async () => console.log('in') ?? 1;" };
  const { lambda } = await startWith(files, "index.handler", {
    functionName: "my-function",
    version: "7",
  });
  const before = Date.now();
  await fetch(lambda.url);
  const [id] = lambda.pool.registry.ids;
  await lambda.pool.recycle();
  expect(lambda.pool.registry.ids).toEqual([]);
  await waitUntil("the line in the log", () => isLogged(lambda, '"in"'));
  const streams = lambda.pool.registry.streams();
  expect(streams.map(({ name }) => name)).toEqual([id]);
  const lines = streams[0]?.lines ?? [];
  expect(JSON.parse(lines[0]?.text ?? "")).toEqual({
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    type: "platform.initStart",
    record: {
      initializationType: "on-demand",
      phase: "init",
      runtimeVersion: expect.stringMatching(/^nodejs:\d+\.v\d+$/),
      functionName: "my-function",
      functionVersion: "7",
    },
  });
  for (const { arrivedAt } of lines) expect(arrivedAt).toBeGreaterThanOrEqual(before);
});

test.each([
  [["--code", "/nowhere/at/all"], 1, /^There is no folder \/nowhere\/at\/all\./],
  [["--code", "handler", "--handler", "none.handler"], 1, /^The handler none\.handler is not in/],
  [["--handler", "index.handler"], 2, /add --code FOLDER/],
  [["--region", "Mars!"], 2, /It must look like eu-west-1/],
  [["--authorization", "AWS_IAM"], 1, /^--authorization AWS_IAM needs AWS_SECRET_ACCESS_KEY/],
  [["--authorization", "IAM"], 2, /Allowed choices are NONE, AWS_IAM/],
])("%j ends with what to do instead", async (args, code, message) => {
  const env = { AWS_ACCESS_KEY_ID: "AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY: "" };
  const run = startProgram("local-lambda/serve.ts", args, env);
  expect(await run.ended).toBe(code);
  expect(run.stderr()).toMatch(message);
  expect(run.stderr()).not.toMatch(/\n\s+at /);
});
