import fc from "fast-check";
import { expect, test } from "vitest";
import { inputs } from "../../test/effort.ts";
import {
  AUTHORIZATIONS,
  defaultConfiguration,
  type FunctionConfiguration,
  INVOKE_MODES,
  MODELS,
} from "../function-configuration.ts";
import { belongsTo, MODEL_OPTIONS, type ModelOption, misplacedOption } from "./model-options.ts";
import { type LocalLambdaOptions, parseOptions, toArguments } from "./options.ts";

const seconds = (max: number) => fc.integer({ min: 1, max }).map((value) => value * 1_000);
const letters = (form: RegExp) => fc.stringMatching(form);

const configurations: fc.Arbitrary<FunctionConfiguration> = fc.record(
  {
    model: fc.constantFrom(...MODELS),
    functionName: letters(/^[\w-]{1,64}$/),
    code: fc.record({ root: fc.string({ minLength: 1 }), handler: fc.string() }),
    region: fc.constantFrom("local", "eu-west-1", "us-gov-east-1"),
    version: fc.oneof(fc.constant("$LATEST"), fc.integer({ min: 1, max: 9_999 }).map(String)),
    logGroupName: letters(/^[\w./#-]{1,512}$/),
    memoryMb: fc.integer({ min: 128, max: 10_240 }),
    timeoutMs: seconds(900),
    initTimeoutMs: seconds(900),
    idleTimeoutMs: seconds(86_400),
    concurrencyLimit: fc.integer({ min: 1, max: 10_000 }),
    environments: fc.integer({ min: 1, max: 1_000 }),
    workers: fc.integer({ min: 1, max: 256 }),
    maxConcurrency: fc.integer({ min: 1, max: 128 }),
    maxHoldMs: fc.integer({ min: 100, max: 900_000 }),
    seed: fc.integer({ min: 0, max: 2 ** 31 }),
    invokeMode: fc.constantFrom(...INVOKE_MODES),
    environmentVariables: fc.dictionary(letters(/^[A-Za-z_]\w*$/), fc.string()),
  },
  {
    requiredKeys: [
      "model",
      "functionName",
      "region",
      "version",
      "memoryMb",
      "timeoutMs",
      "idleTimeoutMs",
      "concurrencyLimit",
      "environments",
      "workers",
      "maxConcurrency",
      "maxHoldMs",
      "seed",
      "invokeMode",
      "environmentVariables",
    ],
  },
);

const options: fc.Arbitrary<LocalLambdaOptions> = fc.record(
  {
    port: fc.integer({ min: 0, max: 65_535 }),
    authorization: fc.constantFrom(...AUTHORIZATIONS),
    configuration: configurations,
    quiet: fc.constant(true),
  },
  { requiredKeys: ["port", "authorization", "configuration"] },
);

/** Without what belongs to other models only, and is not written. */
function comparable({ configuration, ...others }: LocalLambdaOptions) {
  const told: Record<string, unknown> = { ...configuration };
  for (const name of Object.keys(MODEL_OPTIONS) as ModelOption[]) {
    if (!belongsTo(name, configuration.model)) delete told[name];
  }
  // A dictionary's prototype says nothing about what it holds.
  return JSON.parse(JSON.stringify({ ...others, configuration: told }));
}

test("what is written as arguments is read back as it was", () => {
  fc.assert(
    fc.property(options, (given) => {
      const read = parseOptions(toArguments(given));
      expect(comparable(read)).toEqual(comparable(given));
    }),
    { numRuns: inputs(200, 10_000) },
  );
});

test("without arguments everyone may call this project's handler", () => {
  const { authorization, configuration } = parseOptions([]);
  expect(authorization).toBe("NONE");
  expect(configuration).toEqual({ ...defaultConfiguration(), seed: expect.any(Number) });
});

test("code of one's own is entered by index.handler unless another is named", () => {
  expect(parseOptions(["--code", "x"]).configuration.code).toEqual({
    root: "x",
    handler: "index.handler",
  });
});

test("the models without a smallest function of 128 MB report two gigabytes", () => {
  expect(parseOptions([]).configuration.memoryMb).toBe(128);
  for (const model of ["managed-instances", "web-function"]) {
    expect(parseOptions(["--model", model]).configuration.memoryMb).toBe(2_048);
  }
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
