import fc from "fast-check";
import { expect, test } from "vitest";
import { inputs } from "../test/effort.ts";
import { AUTHORIZATIONS } from "./authorization.ts";
import {
  defaultConfiguration,
  type FunctionConfiguration,
  MODELS,
} from "./function-configuration.ts";
import { type LocalLambdaOptions, parseOptions, toArguments } from "./options.ts";

const seconds = (max: number) => fc.integer({ min: 1, max }).map((value) => value * 1_000);
const letters = (form: RegExp) => fc.stringMatching(form);

const configurations: fc.Arbitrary<FunctionConfiguration> = fc.record(
  {
    model: fc.constantFrom(...MODELS),
    functionName: letters(/^[\w-]{1,64}$/),
    code: fc.record({ root: fc.string(), handler: fc.string() }),
    region: fc.constantFrom("local", "eu-west-1", "us-gov-east-1"),
    version: fc.oneof(fc.constant("$LATEST"), fc.integer({ min: 1, max: 9_999 }).map(String)),
    logGroupName: letters(/^[\w./#-]{1,512}$/),
    memoryMb: fc.integer({ min: 128, max: 10_240 }),
    timeoutMs: seconds(900),
    idleTimeoutMs: seconds(86_400),
    concurrencyLimit: fc.integer({ min: 1, max: 10_000 }),
    maxHoldMs: fc.integer({ min: 100, max: 900_000 }),
    seed: fc.integer({ min: 0, max: 2 ** 31 }),
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
      "maxHoldMs",
      "seed",
      "environmentVariables",
    ],
  },
);

const options: fc.Arbitrary<LocalLambdaOptions> = fc.record({
  port: fc.integer({ min: 0, max: 65_535 }),
  authorization: fc.constantFrom(...AUTHORIZATIONS),
  configuration: configurations,
});

test("what is written as arguments is read back as it was", () => {
  fc.assert(
    fc.property(options, (given) => {
      const read = parseOptions(toArguments(given));
      // A dictionary's prototype says nothing about what it holds.
      expect(JSON.parse(JSON.stringify(read))).toEqual(JSON.parse(JSON.stringify(given)));
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
