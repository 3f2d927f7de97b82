import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { MODELS } from "../../local-lambda/function-configuration.ts";
import { descendantsOf, isAlive } from "../processes.ts";
import { faultyCode } from "./faulty-handler.ts";
import { fireEach, printedOf, startLambdaAlone } from "./handler-experiment.ts";

/** The most memory that a process has ever had, in MB. */
function peakMb(pid: number): number {
  const [, kb = ""] =
    /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kb) / 1_024;
}

test.each(MODELS)(
  "with %s 40 MB of log neither fill the embedded Lambda nor stop the handler, nor is SIGTERM ignored",
  async (model) => {
    const code = await faultyCode();
    const lambda = await startLambdaAlone("--code", code, "--model", model);
    const pid = lambda.child.pid ?? 0;
    const before = peakMb(pid);
    const result = await fireEach(lambda.url, ["Ana", "floods", "Bo"], "--concurrency", "1");
    for (const client of ["Ana", "floods", "Bo"]) {
      expect(result.seen.get(client)?.outcome).toBe("ok");
      expect(printedOf(result, client)).toMatch(/\{ counter: \d, client: /);
    }
    expect(peakMb(pid) - before).toBeLessThan(100);
    // The handler does not listen to SIGTERM: what it runs in is ended all the same.
    const processes = descendantsOf(pid);
    lambda.child.kill("SIGTERM");
    expect(await lambda.ended).toBe(0);
    expect(processes.filter(isAlive)).toEqual([]);
    expect(lambda.stderr()).toBe("");
  },
);
