import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { MODELS } from "../../basics/models.ts";
import {
  addServer,
  ask,
  codeIn,
  codeOf,
  isLogged,
  SERVER_FILE,
  startLambda,
} from "../../test/embedded-lambda.ts";
import { temporaryFolder } from "../../test/processes.ts";
import { waitUntil } from "../../test/wait-until.ts";

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

test("code in a folder is served from there, beside its files, and the folder is left alone", async () => {
  const code = codeIn({ "src/app.mjs": WHERE, "note.txt": "hello" }, "src/app.handler");
  const lambda = await startLambda({ code });
  const answer = await fetch(lambda.url);
  expect(await answer.json()).toMatchObject({ root: code.root, note: "hello" });
  await lambda.close();
  expect(readdirSync(code.root).sort()).toEqual(["note.txt", "src"]);
});

test.each([
  ["index.js", "exports.nested = { handler: async () => 'hello' };", "index.nested.handler"],
  // The module of AWS's client is called so as well.
  [
    "aws-lambda-ric/index.mjs",
    "export const handler = async () => 'hello';",
    "aws-lambda-ric/index.handler",
  ],
])("code in %s is served", async (file, source, handler) => {
  const lambda = await startLambda({ code: codeIn({ [file]: source }, handler) });
  expect(await (await fetch(lambda.url)).text()).toBe("hello");
});

test.each(["on-demand", "managed-instances"] as const)(
  "code with %s finds what it would beside AWS's client, which is an ES module",
  async (model) => {
    const source = "exports.handler = async () => ({ hasMain: require.main !== undefined });";
    const lambda = await startLambda({ model, environments: 1, code: codeOf(source, "index.js") });
    expect(await (await fetch(lambda.url)).json()).toEqual({ hasMain: false });
  },
);

test("AWS's client is strict: a handler that cannot be marked as one that streams does not start", async () => {
  const source = `export const handler = awslambda.streamifyResponse(
    Object.freeze(async (_, stream) => stream.end("hello")));`;
  const lambda = await startLambda({ code: codeOf(source), invokeMode: "RESPONSE_STREAM" });
  expect((await fetch(lambda.url)).status).toBe(502);
  await waitUntil("a refused handler", () => isLogged(lambda, "not extensible"));
});

test("a handler that forgets which request it serves is timed out", async () => {
  const source = `export const handler = async (_, context) => { context.awsRequestId = ""; };`;
  const lambda = await startLambda({ code: codeOf(source), timeoutMs: 500 });
  expect((await fetch(lambda.url)).status).toBe(502);
  await waitUntil("a timeout", () => isLogged(lambda, "Sandbox.Timedout"));
});

test("AWS's client may speak with the Runtime API by itself", async () => {
  const environmentVariables = { AWS_LAMBDA_NODEJS_USE_ALTERNATIVE_CLIENT_1: "true" };
  const code = codeOf("export const handler = async () => 'hello';");
  const lambda = await startLambda({ code, environmentVariables });
  for (let asked = 0; asked < 2; asked++) {
    expect(await (await fetch(lambda.url)).text()).toBe("hello");
  }
});

test.each(MODELS)(
  "folders with %s may be called by what has a meaning in URLs, that of temporary files too",
  async (model) => {
    const temporary = join(temporaryFolder(), "t#m?p %20%é");
    mkdirSync(temporary);
    vi.stubEnv("TMPDIR", temporary);
    const folder = "c#o?d %20%é";
    const files = {
      [`${folder}/index.mjs`]: "export const handler = () => import('./other.mjs');",
      [`${folder}/other.mjs`]: "export const said = 'hello';",
    };
    const handler = model === "web-function" ? SERVER_FILE : "index.handler";
    const code = codeIn(files, `${folder}/${handler}`);
    addServer(join(code.root, folder));
    const lambda = await startLambda({ model, environments: 1, code });
    expect(await (await fetch(lambda.url)).json()).toEqual({ said: "hello" });

    await ask(await startLambda({ model, environments: 1 }), "Ana");
  },
);

test("a handler that its file does not export fails requests, and the log says why", async () => {
  const lambda = await startLambda({ code: codeOf("export const other = 1;") });
  expect((await fetch(lambda.url)).status).toBe(502);
  await waitUntil("the reason in the log", () => isLogged(lambda, "Runtime.HandlerNotFound"));
});

test.each([
  [
    { version: "7", region: "eu-west-1", logGroupName: "/my/logs" },
    {
      version: "7",
      arn: "arn:aws:lambda:eu-west-1:123456789012:function:my-function:7",
      logGroup: "/my/logs",
      logStream: expect.stringMatching(/^\d{4}\/\d\d\/\d\d\/\[7\][0-9a-f]{32}$/),
      region: "eu-west-1",
    },
  ],
  [
    {},
    {
      version: "$LATEST",
      arn: "arn:aws:lambda:local:123456789012:function:my-function",
      logGroup: "/aws/lambda/my-function",
      logStream: expect.stringContaining("/[$LATEST]"),
      region: "local",
    },
  ],
])("names are what AWS would make of %j", async (changes, names) => {
  const code = codeIn({ "index.mjs": WHERE, "note.txt": "" });
  const lambda = await startLambda({ functionName: "my-function", ...changes, code });
  const answer = await fetch(lambda.url);
  expect(await answer.json()).toMatchObject({ name: "my-function", ...names });
});

test("a log begins with the start of its environment, and outlives it", async () => {
  const code = codeOf("export const handler = async () => console.log('in') ?? 1;");
  const lambda = await startLambda({ functionName: "my-function", version: "7", code });
  await fetch(lambda.url);
  const [id] = lambda.pool.ids;
  await lambda.pool.recycle();
  expect(lambda.pool.ids).toEqual([]);
  await waitUntil("the line in the log", () => isLogged(lambda, '"in"'));
  const [first = ""] = lambda.pool.logOf(id ?? "");
  expect(JSON.parse(first)).toEqual({
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
});
