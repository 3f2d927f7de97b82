import { globSync, readFileSync } from "node:fs";
import { defineConfig } from "vitest/config";

/** Set by `npm run soak`: every test that draws random inputs draws many more, and no other runs. */
const soak = process.env.SOAK !== undefined;
const tests = globSync("**/*.test.ts", { exclude: ["node_modules/**"] });
const draws = (file: string) => /\b(inputs\(|drawn\(|FUZZ\b)/.test(readFileSync(file, "utf8"));

export default defineConfig({
  test: {
    include: soak ? tests.filter(draws) : tests,
    globalSetup: ["test/deployment/pulumi-on-path.ts", "test/report/chromium-on-path.ts"],
    testTimeout: soak ? 1_800_000 : 120_000,
    hookTimeout: 60_000,
    // Tests start real processes on what may be two cores, and wait for them most of the time.
    maxWorkers: 4,
  },
});
