/**
 * Known truth: each model, whichever idle environment its seed chooses, yields with each plan the
 * verdict that its construction implies.
 */

import { randomInt } from "node:crypto";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { type Plan, requestsOf } from "../experiment/core/plan/plan.ts";
import type { VerdictLine } from "../experiment/core/record-lines.ts";
import { runExperiment } from "../experiment/experiment.ts";
import { openLocalTarget } from "../experiment/targets/local-target.ts";
import type { FunctionConfiguration } from "../local-lambda/function-configuration.ts";
import { inputs } from "./effort.ts";
import { temporaryFolder } from "./processes.ts";

const SEEDS = inputs(1, 20);
/** Plans for each seed: one that is drawn, or all. */
const PLANS_PER_SEED = inputs(1, 3);
const CLIENTS = ["Ana", "Barbara", "Mario", "Dean", "John", "Eva"];

function plan(name: string, stages: Plan["stages"], holdMs: number): Plan {
  return { name, clients: CLIENTS, holdMs, steps: 5, stages };
}

/** Each goes above the three environments that managed instances have, so that two must meet. */
const PLANS: Plan[] = [
  plan("burst", Array(2).fill({ concurrency: 6, requests: 6, pauseMs: 0 }), 500),
  plan(
    "ramp",
    [1, 2, 4, 6].map((atOnce) => ({ concurrency: atOnce, requests: atOnce, pauseMs: 0 })),
    500,
  ),
  plan("steady", [{ concurrency: 6, requests: 30, pauseMs: 0 }], 300),
];

const TRUTHS: [string, Partial<FunctionConfiguration>, Partial<VerdictLine>][] = [
  ["on-demand", { model: "on-demand" }, { verdict: "isolated", overlaps: 0, mixed: 0 }],
  ["managed-instances", { model: "managed-instances" }, { verdict: "shared", sharing: "globals" }],
  [
    "managed-instances, one worker thread a request",
    { model: "managed-instances", environments: 1, workers: 6 },
    { verdict: "shared", environments: 1, processes: 1 },
  ],
  [
    "managed-instances, one request an environment",
    { model: "managed-instances", environments: 6, maxConcurrency: 1 },
    { verdict: "isolated", overlaps: 0, mixed: 0 },
  ],
  [
    "web-function",
    { model: "web-function" },
    { verdict: "shared", sharing: "globals", processes: 1 },
  ],
];

test.each(TRUTHS)(
  "the verdict on %s is what its construction implies",
  async (_, configuration, truth) => {
    for (let round = 0; round < SEEDS; round++) {
      const seed = randomInt(2 ** 31);
      const first = randomInt(PLANS.length);
      const rotated = [...PLANS.slice(first), ...PLANS.slice(0, first)];
      for (const fired of rotated.slice(0, PLANS_PER_SEED)) {
        const target = await openLocalTarget({ ...configuration, seed });
        onTestFinished(() => target.close());
        const { verdict } = await runExperiment({
          plan: fired,
          target,
          signal: new AbortController().signal,
          out: join(temporaryFolder(), "record.ndjson"),
        });
        await target.close();
        const outcomes = { ok: requestsOf(fired) };
        expect(verdict, `${fired.name} with seed ${seed}`).toMatchObject({ ...truth, outcomes });
      }
    }
  },
);
