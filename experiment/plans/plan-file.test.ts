import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { expect, test } from "vitest";
import { inputs } from "../../test/effort.ts";
import { temporaryFolder } from "../../test/processes.ts";
import { LIMITS, type Plan, referencePlan } from "../core/plan/plan.ts";
import { NAMED_PLANS, parsePlan } from "../core/plan/plan-input.ts";
import { parsePlanFile, readPlanFile, toJsonSchema } from "./plan-file.ts";

const published = new URL("plan.schema.json", import.meta.url);
const isValid = new Ajv2020().compile(JSON.parse(readFileSync(published, "utf8")));

function write(content: unknown, name = "mine.json"): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

/** What is wrong with a file, without its path. */
function problemsOf(content: unknown): string[] {
  const path = write(content);
  const problems = readPlanFile(path);
  if (!Array.isArray(problems)) return [];
  for (const problem of problems) expect(problem.startsWith(path)).toBe(true);
  return problems.map((problem) => problem.slice(path.length));
}

const whole = ({ min, max }: { min: number; max: number }) => fc.integer({ min, max });
const ms = (limits: { min: number; max: number }) =>
  fc.oneof(
    whole(limits),
    whole(limits).map((value) => Math.min(value + 0.5, limits.max)),
  );
const name = fc
  .string({ minLength: 1, maxLength: 100, unit: "grapheme" })
  .filter((text) => text.trim() !== "" && [...text].length <= 100);
const plans: fc.Arbitrary<Plan> = fc.record({
  name,
  clients: fc.array(name, { minLength: 1, maxLength: 20 }),
  holdMs: ms(LIMITS.holdMs),
  steps: whole(LIMITS.steps),
  stages: fc.array(
    fc.record({
      concurrency: whole(LIMITS.concurrency),
      requests: whole(LIMITS.requests),
      pauseMs: ms(LIMITS.pauseMs),
    }),
    { minLength: 1, maxLength: 20 },
  ),
});

test("any plan that is written to a file is read back as it was", () => {
  const path = write("");
  fc.assert(
    fc.property(plans, (plan) => {
      writeFileSync(path, JSON.stringify(plan));
      expect(readPlanFile(path)).toEqual(plan);
      expect(isValid(plan)).toBe(true);
    }),
    { numRuns: inputs(200, 5_000) },
  );
});

test("whatever a file holds, code and published schema agree on whether it is a plan", () => {
  const field = fc.constantFrom("name", "clients", "holdMs", "steps", "stages", "$schema", "other");
  const value = fc.oneof(fc.jsonValue(), fc.double({ noNaN: true }), fc.constant(" "));
  const stage = fc.record(
    { concurrency: fc.oneof(whole(LIMITS.concurrency), value), requests: value, pauseMs: value },
    { requiredKeys: [] },
  );
  const contents = fc.oneof(
    fc.jsonValue(),
    fc.tuple(plans, field, value).map(([plan, key, other]) => ({ ...plan, [key]: other })),
    fc.tuple(plans, fc.array(stage)).map(([plan, stages]) => ({ ...plan, stages })),
  );
  fc.assert(
    fc.property(contents, (content) => {
      const text = JSON.parse(JSON.stringify(content));
      const plan = parsePlanFile(text, "mine");
      expect(isValid(text)).toBe(!Array.isArray(plan));
      if (Array.isArray(plan)) expect(plan.length).toBeGreaterThan(0);
    }),
    { numRuns: inputs(500, 20_000) },
  );
});

test("the published schema is the one in the code", () => {
  expect(JSON.parse(readFileSync(published, "utf8"))).toEqual(toJsonSchema());
});

test("what a file leaves out is as in the reference, and the plan is called like the file", () => {
  const path = write({ $schema: "./plan.schema.json", stages: [{ concurrency: 3 }] });
  expect(readPlanFile(path)).toEqual({
    ...referencePlan,
    name: "mine",
    stages: [{ concurrency: 3, requests: 3, pauseMs: 0 }],
  });
  expect(readPlanFile(write(`\ufeff${JSON.stringify(referencePlan)}`))).toEqual(referencePlan);
});

test.each([
  [[], [": the plan must be an object with name, clients, holdMs, steps, stages, $schema"]],
  [{}, [": stages must be a list of 1 to 1,000 stages"]],
  [
    { stages: [{ concurrency: 1 }, { concurrency: 0, requests: 1.5, pauseMs: 4e6 }] },
    [
      ": stages[1].concurrency must be a whole number from 1 to 1,000,000",
      ": stages[1].requests must be a whole number from 1 to 1,000,000",
      ": stages[1].pauseMs must be a number of milliseconds from 0 to 3,600,000",
    ],
  ],
  [
    { stages: [{ concurrency: 1, pause: "2s" }], steps: 101, holdMs: 99 },
    [
      ": holdMs must be a number of milliseconds from 100 to 60,000",
      ": steps must be a whole number from 1 to 100",
      ': stages[0] has no field "pause": there are concurrency, requests, pauseMs',
    ],
  ],
  [
    { stages: [{ concurrency: 1 }], clients: ["Ana", " "], name: "x".repeat(101) },
    [
      ": name must be a name: a text of 1 to 100 characters",
      ": clients[1] must be a client's name: a text of 1 to 100 characters",
    ],
  ],
])(
  "the problems of a file with %j are named with their field and what is allowed",
  (content, problems) => {
    expect(problemsOf(content)).toEqual(problems);
  },
);

test("a long list of problems ends with how many more there are", () => {
  const problems = problemsOf({ stages: Array(50).fill({ concurrency: 0 }) });
  expect(problems).toHaveLength(6);
  expect(problems.at(-1)).toBe(": and 45 more problems");
});

test("what is no JSON, no file, too large or not there is said, with the path", () => {
  expect(problemsOf("{")).toEqual([expect.stringMatching(/^ is not JSON: /)]);
  expect(problemsOf(" ".repeat(10_000_001))).toEqual([" is larger than 10 MB, which no plan is"]);
  const folder = join(temporaryFolder(), "folder.json");
  mkdirSync(folder);
  expect(readPlanFile(folder)).toEqual([`${folder} is not a file`]);
  const missing = join(folder, "none.json");
  expect(readPlanFile(missing)).toEqual([
    expect.stringMatching(/none\.json does not exist: check its name/),
  ]);
});

test("whatever its options, a named plan is one that a plan file may hold", () => {
  const concurrency = fc.option(fc.integer({ min: 1, max: 10_000 }).map(String), {
    nil: undefined,
  });
  const ms = (min: number, max: number) =>
    fc.option(
      fc.integer({ min, max }).map((value) => `${value}ms`),
      { nil: undefined },
    );
  const options = fc.record({
    concurrency,
    hold: ms(100, 60_000),
    pause: ms(0, 3_600_000),
    duration: ms(100, 60_000),
  });
  fc.assert(
    fc.property(fc.constantFrom(...NAMED_PLANS), options, (named, all) => {
      const input = Object.fromEntries(
        named.takes.map((name) => [name, { ...all }[name as "hold"]]),
      );
      const parsed = parsePlan(input, named);
      if (parsed.ok) expect(parsePlanFile(parsed.plan, "")).toEqual(parsed.plan);
      else expect(parsed.problems.map(({ field }) => field)).toEqual(["duration"]);
    }),
    { numRuns: inputs(300, 10_000) },
  );
});
