/** The template of a Web Function, read by the linter that knows CloudFormation's types. */

import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runProgram } from "../mocked-program.ts";
import { temporaryFolder } from "../processes.ts";
import { commandOnPath } from "./pulumi-on-path.ts";

const linter = commandOnPath("cfn-lint");
/** The first version that knows Web Functions. */
const LEAST_VERSION = [1, 58];

/** The linter on the PATH is older than the types in question. */
function isTooOld(): boolean {
  const { stdout } = spawnSync(linter ?? "", ["--version"], { encoding: "utf8" });
  const [, major, minor] = (/(\d+)\.(\d+)/.exec(stdout) ?? []).map(Number);
  const [leastMajor = 0, leastMinor = 0] = LEAST_VERSION;
  return Number(major) < leastMajor || (major === leastMajor && Number(minor) < leastMinor);
}

test.skipIf(linter === undefined)(
  "the web function's template has no fault that cfn-lint finds, with either authorization",
  async ({ skip }) => {
    const folder = temporaryFolder();
    const files: string[] = [];
    for (const urlAuthorization of ["AWS_IAM", "NONE"]) {
      const run = await runProgram({ models: "web-function", urlAuthorization });
      const file = join(folder, `${urlAuthorization}.json`);
      writeFileSync(file, String(run.inputsOf("Stack").templateBody));
      files.push(file);
    }
    const linted = spawnSync(linter ?? "", ["-r", "eu-west-1", "--", ...files], {
      encoding: "utf8",
    });
    if (linted.status !== 0 && isTooOld()) {
      console.warn(
        `cfn-lint is older than ${LEAST_VERSION.join(".")}: the template is not tested.`,
      );
      skip();
    }
    expect(linted).toMatchObject({ status: 0, stdout: "", stderr: "" });
  },
);
