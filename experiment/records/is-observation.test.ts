import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { inputs } from "../../test/effort.ts";
import { mutated } from "../../test/faults/inputs.ts";
import { temporaryFolder } from "../../test/processes.ts";
import type { Plan } from "../core/plan/plan.ts";
import { runExperiment } from "../experiment.ts";
import { openLocalTarget } from "../targets/local-target.ts";
import { isObservation } from "./is-observation.ts";
import { recordLineSchema } from "./schema.ts";

const stage = { concurrency: 2, requests: 2, pauseMs: 0 };
const plan: Plan = { name: "custom", clients: ["Zoë"], holdMs: 100, steps: 5, stages: [stage] };

/** The observations of an experiment, as it recorded them. */
async function recordedObservations(): Promise<unknown[]> {
  const out = join(temporaryFolder(), "record.ndjson");
  const target = await openLocalTarget({});
  onTestFinished(() => target.close());
  await runExperiment({ plan, target, out, signal: new AbortController().signal });
  const texts = readFileSync(out, "utf8").trimEnd().split("\n");
  return texts.map((text) => JSON.parse(text)).filter(({ type }) => type === "observation");
}

test("what an experiment records of its requests needs no schema, and neither do its changes", async () => {
  const recorded = await recordedObservations();
  expect(recorded.map(isObservation)).toEqual([true, true]);
  fc.assert(
    fc.property(mutated(recorded[0]), (value) => {
      // As it would come from a file, on which there are no other values.
      const read: unknown = JSON.parse(JSON.stringify(value) ?? "null");
      expect(isObservation(read)).toBe(recordLineSchema.safeParse(read).success);
    }),
    { numRuns: inputs(1_000, 100_000) },
  );
});
