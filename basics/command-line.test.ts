import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const npm = (args: readonly string[]) => promisify(execFile)("npm", ["run", "--silent", ...args]);

test.each([
  ["experiment", "--hold=1s", "--hold"],
  ["experiment", "--target=https://example.com/", "--target"],
  ["report", "--out=report.html", "--out"],
  ["local-lambda", "--max-concurrency=2", "--max-concurrency"],
  ["tui", "--clients=Ana,Bo", "--clients"],
])(
  "an option that npm took from %s is refused, with what to type",
  async (script, given, option) => {
    await expect(npm([script, given])).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`npm run ${script} -- ${option}`),
    });
  },
);

test("options behind -- are the program's own", async () => {
  expect((await npm(["experiment", "--", "--version"])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});
