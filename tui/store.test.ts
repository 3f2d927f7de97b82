import { afterEach, expect, test, vi } from "vitest";
import { referencePlan } from "../experiment/core/plan/plan.ts";
import { ExperimentStore } from "./store.ts";
import { describeTarget } from "./target-words.ts";

afterEach(() => void vi.useRealTimers());

test("a store that is closed keeps no process waiting, and still knows what stands", () => {
  vi.useFakeTimers();
  const target = describeTarget({ kind: "local", model: "on-demand" });
  const store = new ExperimentStore({ plan: referencePlan, target, notice: "" }, 0.5);
  store.set({ notice: "before" });
  expect(vi.getTimerCount()).toBe(1);
  store.close();
  expect(vi.getTimerCount()).toBe(0);
  store.set({ notice: "after" });
  expect(vi.getTimerCount()).toBe(0);
  expect(store.current.notice).toBe("after");
});
