import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { start, temporaryFolder } from "../processes.ts";
import { codeFolder } from "./faulty-handler.ts";
import { fireEach, printedOf, startLambdaAlone } from "./handler-experiment.ts";

/** Arguments for code whose every evaluation meets the next fault; when none is left, all is well. */
async function faultyInit(faults: readonly string[]): Promise<string[]> {
  const folder = await codeFolder(`
    import { appendFileSync, readFileSync } from "node:fs";
    appendFileSync(process.env.TURNS, "x");
    const turn = readFileSync(process.env.TURNS, "utf8").length - 1;
    const FAULTS = {
      throws() { throw new Error("it broke at its start"); },
      misspelt: () => import("./misspelt.mjs"),
      exits() { process.exit(3); },
      hangs() { setInterval(() => {}, 1_000); return new Promise(() => {}); },
      loops() { for (;;); },
    };
    await FAULTS[${JSON.stringify(faults)}[turn]]?.();
    export { handler } from "./good.mjs";`);
  writeFileSync(join(folder, "misspelt.mjs"), "export const handler = async ( => {};");
  const turns = join(temporaryFolder(), "turns");
  return ["--code", folder, "--env", `TURNS=${turns}`, "--init-timeout", "1", "--timeout", "2"];
}

const failed = (cause: RegExp) => ({
  outcome: "failed",
  status: 502,
  message: expect.stringMatching(cause),
});

const CLIENTS = ["Ana", "Bo", "Cy", "Dan", "Eve"];

test("code that fails to initialize fails the request that it is started for; slow code is tried twice", async () => {
  const faults = ["throws", "misspelt", "exits", "hangs", "loops", "hangs"];
  const lambda = await startLambdaAlone(...(await faultyInit(faults)));
  const result = await fireEach(lambda.url, CLIENTS, "--concurrency", "1");
  const { seen } = result;
  expect(seen.get("Ana")).toMatchObject(failed(/\(Error: it broke at its start\)/));
  expect(seen.get("Bo")).toMatchObject(failed(/\(Runtime\.UserCodeSyntaxError: SyntaxError: /));
  expect(seen.get("Cy")).toMatchObject(failed(/\(Runtime\.ExitError: .* exit status 3\)/));
  expect(seen.get("Dan")).toMatchObject(failed(/Timedout: The runtime did not poll within 2 sec/));
  expect(seen.get("Eve")).toMatchObject({
    outcome: "ok",
    response: { globalData: { counter: 1 } },
  });
  expect(printedOf(result, "Ana")).toMatch(
    /failed +502 Internal Server Error \(Error: it broke at/,
  );
  expect(printedOf(result, "Eve")).toMatch(/ cold +\{ counter: 1, client: "Eve"/);
  expect(result.stdout + result.stderr + lambda.stderr()).not.toMatch(/\n\s+at /);
});

test("a server that does not come to listen fails who waited for it, and the next request starts another", async () => {
  const faults = ["throws", "misspelt", "exits", "hangs"];
  const args = await faultyInit(faults);
  const lambda = await startLambdaAlone("--model", "web-function", ...args);
  const result = await fireEach(lambda.url, CLIENTS, "--concurrency", "1");
  const { seen } = result;
  expect(seen.get("Ana")).toMatchObject(
    failed(/\(Runtime\.ExitError: Error: it broke at its start/),
  );
  expect(seen.get("Bo")).toMatchObject(failed(/\(Runtime\.ExitError: SyntaxError: /));
  expect(seen.get("Cy")).toMatchObject(failed(/\(Runtime\.ExitError: .* exit status 3\)/));
  expect(seen.get("Dan")).toMatchObject(failed(/The server did not listen within 1 second\)/));
  expect(seen.get("Eve")).toMatchObject({
    outcome: "ok",
    response: { globalData: { counter: 1 } },
  });
  expect(printedOf(result, "Dan")).toMatch(/failed +502 .*The server did not listen within 1 sec/);
  expect(result.stdout + result.stderr + lambda.stderr()).not.toMatch(/\n\s+at /);
});

test.each([
  ["throws", /^The environments could not be initialized: Error: it broke at its start\n$/],
  ["misspelt", /^The environments could not be initialized: Runtime\.UserCodeSyntaxError: Syntax/],
  ["exits", /^The environments could not be initialized: Runtime\.ExitError: Runtime worker thr/],
  ["loops", /^The environments could not be init.*: The runtime did not poll within 1 second\n$/],
])(
  "managed environments whose code %s at its start end the program, which says so",
  async (fault, words) => {
    const args = await faultyInit([fault, fault]);
    const sizes = ["--environments", "1", "--quiet"];
    const run = start("local-lambda/serve.ts", ["--model", "managed-instances", ...sizes, ...args]);
    expect(await run.ended).toBe(1);
    expect(run.stderr()).toMatch(words);
    expect(run.stderr()).not.toMatch(/\n\s+at /);
    expect(run.stdout()).toBe("");
  },
);
