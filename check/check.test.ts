/** Known truth: what a check says of handlers and servers that are generated to be safe, or not, by construction. */

import { randomInt } from "node:crypto";
import { expect, test } from "vitest";
import { seededRandom } from "../basics/seeded-random.ts";
import { defaultConfiguration, type Model } from "../local-lambda/function-configuration.ts";
import { inputs } from "../test/effort.ts";
import { codeFor } from "../test/embedded-lambda.ts";
import { FAMILIES, handlerSource } from "../test/handler-families.ts";
import { check } from "./check.ts";
import { parseEvents } from "./events-file.ts";
import type { Report } from "./reports/report.ts";

const EVENTS = ["ana", "barbara"].map((name) => ({
  name,
  method: "POST",
  path: "/orders",
  body: { user: `${name}@example.com` },
}));

const SEEDS = inputs(1, 50);
/** Families that are drawn for each seed. A failure names its seed, which FUZZ_SEED repeats. */
const DRAWN = inputs(2, 3);

test("the verdict on a handler is what its construction implies", async () => {
  for (let time = 0; time < SEEDS; time++) {
    const seed = Number(process.env.FUZZ_SEED ?? randomInt(2 ** 31));
    const random = seededRandom(seed);
    const drawn = Object.keys(FAMILIES)
      .map((name) => ({ name, at: random() }))
      .sort((one, other) => one.at - other.at)
      .slice(0, DRAWN);
    for (const [at, { name }] of drawn.entries()) {
      const model = at % 2 === 0 ? "managed-instances" : "web-function";
      const [verdicts, source] = FAMILIES[name] ?? [[], ""];
      const report = await checkSource(model, handlerSource(source, random), seed);
      expect(
        verdicts,
        `${name}, ${model}, seed ${seed}: ${JSON.stringify(report, undefined, 1)}`,
      ).toContain(report.verdict);
    }
  }
});

async function checkSource(model: Model, source: string, seed: number): Promise<Report> {
  const read = parseEvents(EVENTS);
  if ("problems" in read) throw new Error(read.problems.join());
  const configuration = defaultConfiguration(model);
  const code = codeFor(model, source);
  const plan = { events: read.value, code, configuration, seed, rounds: 4, delays: true };
  return check(plan, new AbortController().signal);
}
