import { describe, expect, test } from "vitest";
import { priceOf } from "./price-list.ts";

const onDemand = { region: "us-east-1", architecture: "x86_64", isProvisioned: false } as const;
const provisioned = { ...onDemand, isProvisioned: true } as const;

describe("list prices", () => {
  test("of an ordinary region, by architecture", () => {
    expect(priceOf(onDemand)).toEqual({
      regionClass: "ordinary",
      isProvisioned: false,
      gbSecondUsd: 0.0000166667,
      requestUsd: 0.0000002,
      idleGbSecondUsd: 0,
      logGbUsd: 0.5,
    });
    expect(priceOf({ ...onDemand, architecture: "arm64" }).gbSecondUsd).toBe(0.0000133334);
  });

  test("of provisioned concurrency: less for the duration, and something for waiting", () => {
    expect(priceOf(provisioned)).toMatchObject({
      isProvisioned: true,
      gbSecondUsd: 0.0000097222,
      idleGbSecondUsd: 0.0000041667,
      requestUsd: 0.0000002,
    });
    expect(priceOf({ ...provisioned, architecture: "arm64" })).toMatchObject({
      gbSecondUsd: 0.0000077778,
      idleGbSecondUsd: 0.0000033334,
    });
  });

  test.each([
    ["af-south-1", 0.0000221, 0.00000027],
    ["ap-east-1", 0.00002292, 0.00000028],
    ["eu-south-1", 0.0000195172, 0.00000023],
    ["me-south-1", 0.0000206667, 0.00000025],
  ])("of the dearer region %s", (region, gbSecondUsd, requestUsd) => {
    const price = priceOf({ ...onDemand, region });
    expect(price).toMatchObject({ regionClass: "dearer", gbSecondUsd, requestUsd });
  });

  test("provisioned concurrency may cost more where invocations on demand do not", () => {
    const region = "sa-east-1";
    expect(priceOf({ ...onDemand, region }).gbSecondUsd).toBe(0.0000166667);
    expect(priceOf({ ...provisioned, region })).toMatchObject({
      regionClass: "ordinary",
      gbSecondUsd: 0.0000154867,
      idleGbSecondUsd: 0.0000066372,
    });
  });

  test("a region that nobody has heard of is ordinary", () => {
    const region = "moon-north-1";
    expect(priceOf({ ...provisioned, region })).toEqual(priceOf(provisioned));
  });
});
