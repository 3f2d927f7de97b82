import { expect, test } from "vitest";
import { EnvironmentLabels } from "./environment-labels.ts";

function label(ids: readonly string[]): string[] {
  const labels = new EnvironmentLabels(ids);
  return ids.map((id) => labels.get(id));
}

test("labels are the shortest that are unique, of what makes log streams differ", () => {
  const ids = ["2026/11/23/[$LATEST]3f2a91", "2026/11/23/[$LATEST]91cc02"];
  expect(label(ids)).toEqual(["3f2a", "91cc"]);
  expect(label([...ids, "2026/11/23/[$LATEST]3f2a92"])).toEqual(["3f2a91", "91cc02", "3f2a92"]);
});

test("environments that are named alike in their distinctive part are told apart by the whole", () => {
  expect(label(["a]same", "b]same"])).toEqual(["a]sa", "b]sa"]);
  expect(label(["short", "x"])).toEqual(["shor", "x"]);
  expect(label(["a]same", "other", "b]same"])).toEqual(["a]sa", "othe", "b]sa"]);
});

test("an environment that was never added has the label that it would have", () => {
  const labels = new EnvironmentLabels(["[$LATEST]3f2a91", "[$LATEST]3f2a92"]);
  expect(labels.get("[$LATEST]91cc02ff")).toBe("91cc02");
});

test("two hundred thousand environments can be labelled", () => {
  const ids = Array.from({ length: 200_000 }, (_, index) => `[$LATEST]${index}`);
  expect(new Set(label(ids)).size).toBe(200_000);
});
