import { expect, test } from "vitest";
import { defaultConfiguration, type FunctionConfiguration } from "./function-configuration.ts";
import { misplacedOption, parseLambdaOptions } from "./options.ts";
import { readRemoteArgument, writeRemoteArgument } from "./remote.ts";

test("everyone may call this project's handler by default", () => {
  expect(parseLambdaOptions([])).toEqual({
    ...{ port: 0, authorization: "NONE", quiet: false },
    configuration: { ...defaultConfiguration(), seed: expect.any(Number) },
  });
});

const READ: [args: string, configuration: Partial<FunctionConfiguration>][] = [
  ["--code x", { code: { root: "x", handler: "index.handler" } }],
  ["--code x --handler app.run", { code: { root: "x", handler: "app.run" } }],
  ["--model web-function --code x", { code: { root: "x", handler: "index.js" } }],
  ["--model web-function --code x --handler a.ts", { code: { root: "x", handler: "a.ts" } }],
  [
    "--model web-function --code x --env AWS_LAMBDA_NODEJS_ENTRYPOINT=a/b.mjs",
    { code: { root: "x", handler: "a/b.mjs" } },
  ],
  ["--model managed-instances", { model: "managed-instances", memoryMb: 2_048 }],
  ["--model web-function", { model: "web-function", memoryMb: 2_048 }],
  ["--memory 512 --max-hold 200", { memoryMb: 512, maxHoldMs: 200 }],
  ["--timeout 3 --init-timeout 4 --idle-timeout 5", { timeoutMs: 3_000, initTimeoutMs: 4_000 }],
  ["--idle-timeout 5 --concurrency-limit 6", { idleTimeoutMs: 5_000, concurrencyLimit: 6 }],
  ["--model managed-instances --environments 7 --workers 8", { environments: 7, workers: 8 }],
  ["--model web-function --max-concurrency 9", { maxConcurrency: 9 }],
  ["--seed 10 --invoke-mode RESPONSE_STREAM", { seed: 10, invokeMode: "RESPONSE_STREAM" }],
  ["--function-name f --function-version 11", { functionName: "f", version: "11" }],
  ["--region eu-west-1 --log-group /a/b", { region: "eu-west-1", logGroupName: "/a/b" }],
  ["--env A=1 --env B=c=d", { environmentVariables: { A: "1", B: "c=d" } }],
];

test.each(READ)("%s", (args, configuration) => {
  expect(parseLambdaOptions(args.split(" ")).configuration).toMatchObject(configuration);
});

test("port, callers and what is printed are no part of the configuration", () => {
  const args = ["--port", "9000", "--authorization", "AWS_IAM", "--quiet"];
  const others = { port: 9_000, authorization: "AWS_IAM", quiet: true };
  expect(parseLambdaOptions(args)).toMatchObject(others);
});

test.each([
  ["on-demand", { workers: 1 }, "--workers is an option of managed-instances: leave it out with"],
  ["on-demand", { maxConcurrency: 5 }, "--max-concurrency is an option of managed-instances and"],
  ["web-function", { environments: 1 }, "--environments is an option of managed-instances: leave"],
  ["web-function", { seed: 1 }, "--seed is an option of on-demand and managed-instances: leave it"],
  ["web-function", { maxConcurrency: 129 }, "--max-concurrency of web-function is at most 128"],
  ["managed-instances", { idleTimeoutMs: 1_000 }, "--idle-timeout is an option of on-demand and"],
  ["web-function", { invokeMode: "BUFFERED" }, "--invoke-mode is an option of on-demand and"],
  ["managed-instances", { concurrencyLimit: 5 }, "--concurrency-limit is an option of on-demand:"],
] as const)("%s is not combined with %j", (model, given, message) => {
  expect(misplacedOption(model, given)).toContain(message);
});

test("a model is combined with what is its own", () => {
  const managed = { environments: 5, workers: 2, maxConcurrency: 1_000, seed: 7 };
  expect(misplacedOption("managed-instances", managed)).toBeUndefined();
  expect(misplacedOption("web-function", { maxConcurrency: 128 })).toBeUndefined();
  expect(misplacedOption("on-demand", { concurrencyLimit: 5, idleTimeoutMs: 5 })).toBeUndefined();
});

test("a remote hands on a configuration as it is, and nothing that a person types is one", () => {
  const configuration = {
    ...defaultConfiguration("managed-instances"),
    code: { root: "/a b", handler: "index.handler" },
    environmentVariables: { A: "--env" },
  };
  expect(readRemoteArgument([writeRemoteArgument(configuration)])).toEqual(configuration);
  expect(readRemoteArgument([])).toBeUndefined();
  expect(readRemoteArgument(["--port", "1"])).toBeUndefined();
  const { timeoutMs: _, ...less } = configuration;
  expect(() => readRemoteArgument([JSON.stringify(less)])).toThrow("timeoutMs");
  expect(() => readRemoteArgument([JSON.stringify(configuration), "--quiet"])).toThrow("only");
});
