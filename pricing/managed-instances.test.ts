import { expect, test } from "vitest";
import { managedUsdPerHour, parseInstanceType } from "./managed-instances.ts";

test.each([
  ["m7g.large", { family: "m7g", vcpus: 2, architecture: "arm64" }],
  ["c7gn.xlarge", { family: "c7gn", vcpus: 4, architecture: "arm64" }],
  ["r8gd.12xlarge", { family: "r8gd", vcpus: 48, architecture: "arm64" }],
  ["c7i.large", { family: "c7i", vcpus: 2, architecture: "x86_64" }],
  ["m7i-flex.2xlarge", { family: "m7i-flex", vcpus: 8, architecture: "x86_64" }],
  ["g5.xlarge", { family: "g5", vcpus: 4, architecture: "x86_64" }],
])("%s is read", (name, type) => {
  expect(parseInstanceType(name)).toEqual(type);
});

test.each(["m7g.medium", "t3.micro", "m7g", "large", "m7g.large.", "m7g.metal", "M7G.LARGE"])(
  "%s is no type that managed instances have here",
  (name) => {
    expect(parseInstanceType(name)).toBeUndefined();
  },
);

test.each([
  // One vCPU of each instance is Lambda's own.
  [{ type: "m7g.large", environments: 1, vcpus: 1 }, 0.0816],
  [{ type: "m7g.large", environments: 3, vcpus: 1 }, 3 * 0.0816],
  [{ type: "m7g.xlarge", environments: 3, vcpus: 1 }, 0.1632],
  [{ type: "m7g.xlarge", environments: 4, vcpus: 1 }, 2 * 0.1632],
  [{ type: "c7i.2xlarge", environments: 2, vcpus: 4 }, 2 * 0.357],
])("%j cost the instances that hold them, and 15 %%", (load, usd) => {
  expect(managedUsdPerHour(load)).toBeCloseTo(usd * 1.15, 6);
});

test("a family whose price is not listed costs what nobody knows", () => {
  expect(managedUsdPerHour({ type: "x2gd.large", environments: 1, vcpus: 1 })).toBeUndefined();
});
