import { describe, expect, test } from "vitest";
import {
  ALIAS,
  FUNCTION,
  FUNCTION_URL,
  LOG_GROUP,
  PROVISIONED,
  ROLE,
  ROLE_POLICY,
  runProgram,
} from "./mocked-program.ts";

describe("logs", () => {
  test("go as JSON to a log group that forgets", async () => {
    const run = await runProgram({ logRetentionDays: "30" });
    expect(run.onlyInputsOf(LOG_GROUP)).toMatchObject({ retentionInDays: 30 });
    expect(run.onlyInputsOf(FUNCTION).loggingConfig).toEqual({
      logFormat: "JSON",
      logGroup: run.outputs.logGroupName,
    });
  });

  test("are never lost: the log group and the policy are there before the function", async () => {
    const { registered } = await runProgram();
    const lambda = registered.find(({ type }) => type === FUNCTION);
    expect(lambda?.existing).toEqual(expect.arrayContaining([LOG_GROUP, ROLE_POLICY]));
  });
});

describe("the function", () => {
  test("is what the configuration says", async () => {
    const run = await runProgram({
      memoryMb: "256",
      timeoutSeconds: "40",
      maxHoldMs: "30000",
      architecture: "x86_64",
      reservedConcurrency: "7",
      generation: "5",
    });
    expect(run.onlyInputsOf(FUNCTION)).toMatchObject({
      runtime: "nodejs24.x",
      handler: "index.handler",
      architectures: ["x86_64"],
      memorySize: 256,
      timeout: 40,
      reservedConcurrentExecutions: 7,
      environment: { variables: { MAX_HOLD_MS: "30000", GENERATION: "5" } },
    });
  });

  test("reserves no concurrency unless told to", async () => {
    const run = await runProgram();
    expect(run.onlyInputsOf(FUNCTION)).not.toHaveProperty("reservedConcurrentExecutions");
  });

  test("is one bundled file, and a second build gives the same", async () => {
    const run = await runProgram();
    const first = await run.deployedFiles();
    expect(Object.keys(first)).toEqual(["index.mjs"]);
    expect(first["index.mjs"]).toMatch(/export \{\s*handler\s*\}/);

    const { bundleHandler } = await import("../basics/bundle.ts");
    expect(await bundleHandler()).toBe(first["index.mjs"]);
  });
});

describe("provisioned concurrency", () => {
  test("is not there unless asked for: no version, no alias, and the URL is the function's", async () => {
    const run = await runProgram({ reservedConcurrency: "5" });
    expect(run.inputsOf(ALIAS)).toEqual([]);
    expect(run.inputsOf(PROVISIONED)).toEqual([]);
    expect(run.onlyInputsOf(FUNCTION)).not.toHaveProperty("publish");
    expect(run.onlyInputsOf(FUNCTION_URL)).not.toHaveProperty("qualifier");
  });

  test("is kept on an alias of the published version, which the URL is one of", async () => {
    const run = await runProgram({ provisionedConcurrency: "3" });
    const { functionName } = run.outputs;
    expect(run.onlyInputsOf(FUNCTION)).toMatchObject({ publish: true });
    expect(run.onlyInputsOf(ALIAS)).toEqual({
      name: "provisioned",
      functionName,
      functionVersion: "7",
    });
    expect(run.onlyInputsOf(PROVISIONED)).toEqual({
      functionName,
      qualifier: "provisioned",
      provisionedConcurrentExecutions: 3,
    });
    expect(run.onlyInputsOf(FUNCTION_URL)).toMatchObject({
      functionName,
      qualifier: "provisioned",
    });
  });

  test("waits, as the URL does, until the alias is there", async () => {
    const { registered } = await runProgram({ provisionedConcurrency: "3" });
    for (const dependent of [PROVISIONED, FUNCTION_URL]) {
      expect(registered.find(({ type }) => type === dependent)?.existing).toContain(ALIAS);
    }
  });
});

describe("tags", () => {
  test("say of which deployment a resource is", async () => {
    const run = await runProgram();
    for (const type of [LOG_GROUP, ROLE, FUNCTION]) {
      expect(run.onlyInputsOf(type).tags).toEqual({
        project: "lambda-concurrency-test",
        stack: "dev",
      });
    }
  });

  test("are the user's as well, on everything that can carry them", async () => {
    const run = await runProgram({ tags: "team=platform,stack=mine" });
    for (const type of [LOG_GROUP, ROLE, FUNCTION]) {
      expect(run.onlyInputsOf(type).tags).toEqual({
        project: "lambda-concurrency-test",
        stack: "mine",
        team: "platform",
      });
    }
  });
});
