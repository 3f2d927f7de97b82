/** k6 as it is installed, or else what stands in for it, on scripts that `npm run k6` writes. */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { commandOnPath } from "../deployment/pulumi-on-path.ts";
import { type Running, run, start, temporaryFolder } from "../processes.ts";

const STAND_IN = [process.execPath, fileURLToPath(new URL("stand-in.ts", import.meta.url))];

/** Writes the files of an experiment into a new folder, whose path it gives. */
export async function writeForK6(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<string> {
  const folder = join(temporaryFolder(), "k6");
  const written = start("k6", [...args, "--out", folder], env);
  expect(await written.ended, written.stderr()).toBe(0);
  return folder;
}

/** Starts k6 for a part such as `2/3`, which logs into the folder; `1/1` is all. */
export function startK6(
  folder: string,
  part: string,
  variables: Record<string, string>,
  env: NodeJS.ProcessEnv = {},
): Running & { log: string } {
  const [number = 1, of = 1] = part.split("/").map(Number);
  const ends = Array.from({ length: of + 1 }, (_, end) => `${end}/${of}`);
  const segment = `${ends[number - 1]}:${ends[number]}`;
  const log = join(folder, `${number}-of-${of}.log`);
  const running = run(
    [
      ...(commandOnPath("k6") === undefined ? STAND_IN : ["k6"]),
      ...["run", "--quiet", "--no-usage-report"],
      ...Object.entries(variables).flatMap(([name, value]) => ["-e", `${name}=${value}`]),
      ...(of > 1
        ? ["--execution-segment", segment, "--execution-segment-sequence", ends.join()]
        : []),
      ...["--console-output", log, join(folder, "script.js")],
    ],
    env,
  );
  return { ...running, log };
}

/** When runners that are started now are there. */
export function soon(): string {
  return new Date(Date.now() + 3_000).toISOString();
}
