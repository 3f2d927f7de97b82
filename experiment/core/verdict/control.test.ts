import { expect, test } from "vitest";
import type { Conclusion } from "../record-lines.ts";
import { concludeExperiment } from "./conclude.ts";
import { withControl } from "./control.ts";

const ISOLATED: Conclusion = {
  ...concludeExperiment([]),
  verdict: "isolated",
  reason: undefined,
  bound: 0.53,
};
const SHARED: Conclusion = { ...ISOLATED, verdict: "shared", sharing: "globals", bound: undefined };
const BLIND: Conclusion = {
  ...ISOLATED,
  verdict: "inconclusive",
  reason: "The hold of 100 ms was shorter than the cold start. Raise it above 1 s.",
};

test("a control that showed sharing leaves the verdict as it is, and so does none", () => {
  expect(withControl(ISOLATED, SHARED)).toBe(ISOLATED);
  expect(withControl(ISOLATED, undefined)).toBe(ISOLATED);
});

test.each([
  ["inconclusive", BLIND, /showed no sharing.* The hold of 100 ms was shorter/],
  ["isolated", ISOLATED, /showed no sharing.* Its requests did not overlap\.$/],
])("a control that was %s makes isolation inconclusive, and says why", (_, control, reason) => {
  const conclusion = withControl(ISOLATED, control);
  expect(conclusion.verdict).toBe("inconclusive");
  expect(conclusion.reason).toMatch(reason);
  expect(conclusion).not.toHaveProperty("bound");
});

test("proof of sharing stands whatever a control said", () => {
  expect(withControl(SHARED, BLIND)).toBe(SHARED);
});
