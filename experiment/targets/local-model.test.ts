import { expect, test } from "vitest";
import { MODELS } from "../../basics/models.ts";
import {
  defaultConfiguration,
  type FunctionConfiguration,
} from "../../local-lambda/function-configuration.ts";
import { equalStages, type Plan, referencePlan, type Stage } from "../core/plan/plan.ts";
import {
  localAllowanceMs,
  localCautions,
  localDeployment,
  localLackBeforehand,
  localObstacles,
} from "./local-model.ts";

const configured = (changes: Partial<FunctionConfiguration>): FunctionConfiguration => ({
  ...defaultConfiguration(changes.model),
  ...changes,
});

const burstOf = (concurrency: number): Stage => ({
  concurrency,
  requests: concurrency,
  pauseMs: 0,
});

function planOf(concurrency: number): Plan {
  return { ...referencePlan, stages: equalStages(2, concurrency, 2 * concurrency, 0) };
}

test("only an on-demand function needs more time for more requests", () => {
  const allowance = (model: FunctionConfiguration["model"], burst: number) =>
    localAllowanceMs(burstOf(burst), configured({ model }));
  expect(allowance("on-demand", 64)).toBeGreaterThan(allowance("on-demand", 5));
  expect(allowance("managed-instances", 1_000)).toBe(allowance("managed-instances", 5));
  expect(allowance("web-function", 64)).toBe(allowance("web-function", 5));
});

test("requests that may have to wait in a queue are given the time of another hold", () => {
  const web = configured({ model: "web-function", maxConcurrency: 5 });
  const alone = localAllowanceMs(burstOf(5), web);
  expect(localAllowanceMs(burstOf(6), web)).toBe(alone + 60_000);
});

test.each([
  ["on-demand", { concurrencyLimit: 7 }, 7],
  ["managed-instances", { environments: 2, maxConcurrency: 4 }, 8],
  ["web-function", { maxConcurrency: 4 }, 8],
] as const)("%s with %j says what it will throttle", (model, changes, capacity) => {
  const configuration = configured({ model, ...changes });
  expect(localCautions(planOf(capacity), configuration)).toEqual([]);
  expect(localCautions(planOf(capacity + 1), configuration)).toEqual([
    `The embedded Lambda takes ${capacity} requests at once: ` +
      `at least 1 of ${capacity + 1} will be throttled.`,
  ]);
});

test.each(MODELS)("%s can serve the reference plan on this machine", (model) => {
  const configuration = configured({ model });
  expect(localLackBeforehand(configuration)).toBeUndefined();
  expect(localObstacles(referencePlan, configuration)).toEqual([]);
});

test("only an on-demand function starts an environment for each request", () => {
  const memory = (model: FunctionConfiguration["model"]) =>
    localObstacles(planOf(1_000_000), configured({ model, concurrencyLimit: 1_000_000 })).filter(
      (obstacle) => /MB of memory/.test(obstacle),
    );
  expect(memory("on-demand")).toHaveLength(1);
  expect(memory("managed-instances")).toEqual([]);
  expect(memory("web-function")).toEqual([]);
});

test("evidence of one model or size is none of another", () => {
  const deployments = [
    configured({}),
    configured({ model: "web-function" }),
    configured({ model: "web-function", maxConcurrency: 1 }),
    configured({ model: "managed-instances" }),
    configured({ model: "managed-instances", environments: 2 }),
    configured({ model: "managed-instances", workers: 5 }),
    configured({ model: "managed-instances", maxConcurrency: 1 }),
  ].map((configuration) => localDeployment("code", configuration));
  expect(new Set(deployments).size).toBe(deployments.length);
  expect(localDeployment("code", configured({ seed: 1 }))).toBe(
    localDeployment("code", configured({ seed: 2 })),
  );
});
