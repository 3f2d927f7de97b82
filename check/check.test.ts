/** Known truth: what a check says of handlers that are generated to be safe, or not, by construction. */

import { randomInt } from "node:crypto";
import { expect, test } from "vitest";
import { seededRandom } from "../basics/seeded-random.ts";
import { defaultConfiguration } from "../local-lambda/function-configuration.ts";
import { inputs } from "../test/effort.ts";
import { codeOf } from "../test/embedded-lambda.ts";
import { FAMILIES, handlerSource } from "../test/handler-families.ts";
import { check } from "./check.ts";
import { parseEvents } from "./events-file.ts";
import type { Report } from "./report.ts";

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
    for (const { name } of drawn) {
      const [verdicts, source] = FAMILIES[name] ?? [[], ""];
      const report = await checkSource(handlerSource(source, random), seed);
      expect(verdicts, `${name}, seed ${seed}: ${JSON.stringify(report, undefined, 1)}`).toContain(
        report.verdict,
      );
    }
  }
});

async function checkSource(source: string, seed: number, name?: string): Promise<Report> {
  const read = parseEvents(EVENTS);
  if ("problems" in read) throw new Error(read.problems.join());
  const configuration = defaultConfiguration("managed-instances");
  const code = codeOf(source, name);
  const plan = { events: read.value, code, configuration, seed, rounds: 4, delays: true };
  return check(plan, new AbortController().signal);
}
