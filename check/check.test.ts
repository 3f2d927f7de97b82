/** Known truth: what a check says of handlers and servers that are generated to be safe, or not, by construction. */

import { randomInt } from "node:crypto";
import { expect, test } from "vitest";
import type { Model } from "../basics/models.ts";
import { seededRandom } from "../basics/seeded-random.ts";
import { defaultConfiguration } from "../local-lambda/function-configuration.ts";
import { drawn, inputs } from "../test/effort.ts";
import { codeFor } from "../test/embedded-lambda.ts";
import { eventsIn } from "../test/events.ts";
import { FAMILIES, handlerSource } from "../test/handler-families.ts";
import { check } from "./check.ts";
import type { CheckReport } from "./reports/report.ts";
import { inParallel } from "./sandbox.ts";

const EVENTS = ["ana", "barbara"].map((name) => ({
  name,
  method: "POST",
  path: "/orders",
  body: { user: `${name}@example.com` },
}));

/** A failure names its seed; FUZZ_SEED checks all families with it. */
const { FUZZ_SEED } = process.env;
const ALL = Object.entries(FAMILIES);
const SEEDS = FUZZ_SEED === undefined ? inputs(1, 50) : 1;

test.each(FUZZ_SEED === undefined ? drawn(ALL, 2) : ALL)(
  "the verdict on %s is what its construction implies",
  async (_, [verdicts, source]) => {
    // A check waits for seconds, in which others can be under way.
    await inParallel(Array.from({ length: SEEDS }), async () => {
      const seed = Number(FUZZ_SEED ?? randomInt(2 ** 31));
      const random = seededRandom(seed);
      const model = random() < 0.5 ? "managed-instances" : "web-function";
      const report = await checkSource(model, handlerSource(source, random), seed);
      const found = `${model}, seed ${seed}: ${JSON.stringify(report, undefined, 1)}`;
      expect(verdicts, found).toContain(report.verdict);
    });
  },
);

async function checkSource(model: Model, source: string, seed: number): Promise<CheckReport> {
  const configuration = defaultConfiguration(model);
  const code = codeFor(model, source);
  const plan = { events: eventsIn(EVENTS), code, configuration, seed, rounds: 4, delays: true };
  return check({ ...plan, limitMs: 30_000 }, new AbortController().signal);
}
