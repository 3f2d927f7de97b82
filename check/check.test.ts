/** Known truth: what a check says of handlers and servers that are generated to be safe, or not, by construction. */

import { randomInt } from "node:crypto";
import { expect, test } from "vitest";
import type { Model } from "../basics/models.ts";
import { seededRandom, shuffled } from "../basics/seeded-random.ts";
import { defaultConfiguration } from "../local-lambda/function-configuration.ts";
import { inputs } from "../test/effort.ts";
import { codeFor } from "../test/embedded-lambda.ts";
import { FAMILIES, handlerSource } from "../test/handler-families.ts";
import { check } from "./check.ts";
import { parseEvents } from "./events-file.ts";
import type { Report } from "./reports/report.ts";
import { inParallel } from "./sandbox.ts";

const EVENTS = ["ana", "barbara"].map((name) => ({
  name,
  method: "POST",
  path: "/orders",
  body: { user: `${name}@example.com` },
}));

/** A failure names its seed; FUZZ_SEED checks all families with it. */
const { FUZZ_SEED } = process.env;
const newSeed = () => Number(FUZZ_SEED ?? randomInt(2 ** 31));
/** How often each family is checked, and how many families are. */
const SEEDS = FUZZ_SEED === undefined ? inputs(1, 50) : 1;
const ALL = Object.keys(FAMILIES);
const DRAWN = FUZZ_SEED === undefined ? inputs(2, ALL.length) : ALL.length;

test("the verdict on a handler is what its construction implies", async () => {
  for (let time = 0; time < SEEDS; time++) {
    const drawn = shuffled(ALL, seededRandom(newSeed())).slice(0, DRAWN);
    // A check waits for seconds, in which others can be under way.
    await inParallel(drawn, checkFamily);
  }
});

async function checkFamily(name: string): Promise<void> {
  const seed = newSeed();
  const random = seededRandom(seed);
  const model = random() < 0.5 ? "managed-instances" : "web-function";
  const [verdicts, source] = FAMILIES[name] ?? [[], ""];
  const report = await checkSource(model, handlerSource(source, random), seed);
  const found = `${name}, ${model}, seed ${seed}: ${JSON.stringify(report, undefined, 1)}`;
  expect(verdicts, found).toContain(report.verdict);
}

async function checkSource(model: Model, source: string, seed: number): Promise<Report> {
  const read = parseEvents(EVENTS);
  if ("problems" in read) throw new Error(read.problems.join());
  const configuration = defaultConfiguration(model);
  const code = codeFor(model, source);
  const plan = { events: read.value, code, configuration, seed, rounds: 4, delays: true };
  return check({ ...plan, limitMs: 30_000 }, new AbortController().signal);
}
