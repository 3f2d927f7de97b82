import assert from "node:assert/strict";
import { expect, test } from "vitest";
import { fitsInstance, managedUsdPerHour, parseInstanceType } from "./managed-instances.ts";

test.each([
  ["m7g.large", { family: "m7g", vcpus: 2, memoryGb: 8, architecture: "arm64" }],
  ["c7gn.xlarge", { family: "c7gn", vcpus: 4, memoryGb: 8, architecture: "arm64" }],
  ["r8gd.12xlarge", { family: "r8gd", vcpus: 48, memoryGb: 384, architecture: "arm64" }],
  ["c7i.large", { family: "c7i", vcpus: 2, memoryGb: 4, architecture: "x86_64" }],
  ["m7i-flex.2xlarge", { family: "m7i-flex", vcpus: 8, memoryGb: 32, architecture: "x86_64" }],
])("%s is read", (name, type) => {
  expect(parseInstanceType(name)).toEqual(type);
});

test.each([
  ...["m7g.medium", "t3.large", "mac2.large", "p5.48xlarge", "m7g", "large", "m7g.large."],
  ...["m7g.metal", "M7G.LARGE"],
])("%s is no type that managed instances have", (name) => {
  expect(parseInstanceType(name)).toBeUndefined();
});

/** Environments of so many vCPUs, with 2 GB for each. */
function load(name: string, environments: number, vcpus: number) {
  const type = parseInstanceType(name);
  assert(type);
  return { type, environments, vcpus, memoryGb: 2 * vcpus };
}

test.each([
  // One vCPU and one GB of each instance are Lambda's own.
  ["m7g.large", 1, 1, 0.0816],
  ["m7g.large", 3, 1, 3 * 0.0816],
  ["m7g.xlarge", 3, 1, 0.1632],
  ["m7g.xlarge", 4, 1, 2 * 0.1632],
  ["c7i.2xlarge", 2, 4, 2 * 0.357],
  ["c7g.xlarge", 4, 1, 2 * 0.145],
])("%s costs the instances that hold %d environments of %d vCPUs, and 15 %%", (...args) => {
  const [name, environments, vcpus, usd] = args;
  expect(managedUsdPerHour(load(name, environments, vcpus))).toBeCloseTo(usd * 1.15, 6);
});

test("a family whose price is not listed costs what nobody knows", () => {
  expect(managedUsdPerHour(load("m9g.large", 1, 1))).toBeUndefined();
});

test.each([
  ["m7g.large", 1, true],
  ["m7g.large", 2, true],
  ["m7g.large", 4, false],
  // As much memory as the instance has.
  ["c7g.large", 2, false],
])("an environment finds room on %s with %d vCPUs: %s", (name, vcpus, fits) => {
  expect(fitsInstance(load(name, 1, vcpus))).toBe(fits);
});
