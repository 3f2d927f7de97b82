/** Handlers that go wrong: their own requests fail, which say how, and all others go on. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { MODELS, type Model } from "../../basics/models.ts";
import type { Outcome } from "../../experiment/core/record-lines.ts";
import { drawn } from "../effort.ts";
import {
  descendantsOf,
  expectNoTrace,
  isAlive,
  readProcessFile,
  runToEnd,
  temporaryFolder,
  untilEnded,
} from "../processes.ts";
import { type Fired, fire, SHORT, startLambdaAlone } from "../programs.ts";
import { codeArguments, faultyCode } from "./faulty-handler.ts";

/** Fires one request of each client at a URL. */
function fireEach(url: string, clients: readonly string[], concurrency = 1): Promise<Fired> {
  const all = ["--clients", clients.join(), "--requests", `${clients.length}`];
  return fire([...SHORT, "--target", url, "--concurrency", `${concurrency}`, ...all]);
}

/** What stands in the printed row of a client. */
const rowOf = ({ stdout }: Fired, client: string) =>
  new RegExp(`^ {2}${client} .*$`, "m").exec(stdout)?.[0];

/** By client: the outcome, and what the observation says of it. */
type Expected = Record<string, readonly [Outcome, RegExp?]>;

const OK = ["ok"] as const;
const failed = (cause: RegExp): readonly [Outcome, RegExp] => ["failed", cause];
const exited = (how: string) =>
  failed(
    new RegExp(`^502 .*\\(Runtime\\.ExitError: Runtime exited with error: ${how}\\): the func`),
  );
const serverSaid = (reason: string) =>
  failed(new RegExp(`^500 Internal Server Error \\(${reason}.*\\): the code behind the URL`));

const THREAD_ENDED = failed(/^502 .*\(Runtime\.ExitError: Runtime worker thread ended\)/);
const TIMED_OUT = failed(/^502 .*\(Sandbox\.Timedout: .* Task timed out after 2\.00 seconds\)/);
const LATE = failed(/^504 .*\(Runtime\.RequestTimeout: .* Task timed out after 2\.00 seconds\)/);
const NOT_JSON = failed(/^502 .*\(Runtime\.JSONStringifyError: Unable to stringify/);
const KILLED = exited("signal: SIGKILL");
const OUT_OF_MEMORY = exited("signal: SIGABRT, as when the memory is used up");
const UNSETTLED = exited(
  "exit status 0, as when nothing is left to do and a promise was never settled",
);

const NULL = ["unreadable", /null$/] as const;

/** What AWS's runtime client makes of it, at whatever concurrency. */
const RUNTIME: Expected = {
  nothing: NULL,
  status: failed(/^502 .*\(Runtime\.InvalidResponse: the status code "fine"\)/),
  header: failed(/^502 .*\(Runtime\.InvalidResponse: Invalid character in header/),
  transfer: OK,
  twice: OK,
  throws: failed(/^502 Internal Server Error \(Error: it broke\): the function failed/),
  rejects: failed(/^502 Internal Server Error \(TypeError: it was rejected\): the function/),
  bigint: NOT_JSON,
  circular: NOT_JSON,
  large: failed(/^502 .*\(Function\.ResponseSizeTooLarge: .* 6291556 bytes\)/),
  dies: KILLED,
};

/** How each model is sized, so that there is always room beside what a fault takes down. */
const CASES: Record<Model, { sizes: string[]; expected: Expected }> = {
  "on-demand": {
    sizes: [],
    expected: {
      ...RUNTIME,
      exits: exited("exit status 3"),
      quits: UNSETTLED,
      hoards: OUT_OF_MEMORY,
      blocks: TIMED_OUT,
      forgets: UNSETTLED,
      waits: TIMED_OUT,
    },
  },
  "managed-instances": {
    sizes: ["--environments", "4", "--max-concurrency", "1"],
    expected: {
      ...RUNTIME,
      exits: THREAD_ENDED,
      hoards: THREAD_ENDED,
      forgets: TIMED_OUT,
      // At the end: a thread that computes takes one request more before it is known to.
      blocks: TIMED_OUT,
    },
  },
  "web-function": {
    sizes: [],
    expected: {
      nothing: NULL,
      // What the server cannot send, it says itself.
      status: serverSaid("RangeError"),
      header: serverSaid("TypeError"),
      throws: serverSaid("Error: it broke"),
      rejects: serverSaid("TypeError: it was rejected"),
      bigint: serverSaid("TypeError: Do not know how to serialize a BigInt"),
      circular: serverSaid("TypeError: Converting circular structure"),
      exits: exited("exit status 3"),
      dies: KILLED,
      hoards: OUT_OF_MEMORY,
      forgets: LATE,
      blocks: LATE,
    },
  },
};

/** Before every third fault a request of somebody else. */
const withOthers = (faults: readonly string[]): string[] =>
  faults.flatMap((fault, index) => (index % 3 === 2 ? [`other ${index}`, fault] : [fault]));

test.each(drawn(MODELS, 1))(
  "with %s a handler that goes wrong fails its own request, which says how, and the others go on",
  async (model) => {
    const { sizes, expected } = CASES[model];
    const heap = ["--env", "NODE_OPTIONS=--max-old-space-size=40"];
    const args = ["--quiet", "--timeout", "2", ...heap, ...sizes];
    const lambda = await startLambdaAlone([...args, ...(await faultyCode(model))]);
    const clients = withOthers(Object.keys(expected));
    // Where a process serves many at once, all that is inside goes down with it.
    const result = await fireEach(lambda.url, clients, model === "on-demand" ? 4 : 1);
    expect(result.observations.map(({ client }) => client).sort()).toEqual([...clients].sort());
    for (const { client, outcome, message = "" } of result.observations) {
      const [itsOutcome, words = /^$/] = expected[client] ?? OK;
      expect.soft([client, outcome]).toEqual([client, itsOutcome]);
      expect.soft(message, client).toMatch(words);
    }
    const thrown = result.observations.find(({ client }) => client === "throws");
    expect(rowOf(result, "throws")).toContain(thrown?.message);
    expect(result.verdict).toMatchObject({ run: null });
    expectNoTrace(lambda.stderr());
  },
);

test.each(drawn(MODELS, 1))(
  "with %s a rejection after the answer costs the process, and neither this answer nor the next",
  async (model) => {
    // While one of the managed environments is replaced another one serves.
    const sizes = model === "managed-instances" ? ["--environments", "2"] : [];
    const lambda = await startLambdaAlone(["--quiet", ...sizes, ...(await faultyCode(model))]);
    const body = JSON.stringify({ client: "regrets", holdMs: 0 });
    const answer = await fetch(lambda.url, { method: "POST", body });
    expect(answer.status).toBe(200);
    const { environment } = (await answer.json()) as { environment: { pid: number } };
    await untilEnded([environment.pid]);
    const next = await fetch(lambda.url, { method: "POST", body: '{"client":"Ana","holdMs":0}' });
    expect(await next.json()).toMatchObject({ globalData: { counter: 1 } });
    expect(lambda.stderr()).toBe("");
  },
);

/** Arguments for code whose every evaluation meets the next fault; when none is left, all is well. */
async function faultyInit(model: Model, ...faults: string[]): Promise<string[]> {
  const code = await codeArguments(
    model,
    `
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
    export { handler } from "./good.mjs";`,
  );
  const folder = code[code.indexOf("--code") + 1] ?? "";
  writeFileSync(join(folder, "misspelt.mjs"), "export const handler = async ( => {};");
  const turns = `TURNS=${join(temporaryFolder(), "turns")}`;
  const limits = ["--init-timeout", "1", "--timeout", "2"];
  return ["--quiet", ...code, "--env", turns, ...limits];
}

test("code that fails to initialize fails the request that it is started for, and the next starts another", async () => {
  const causes = [
    /\(Error: it broke at its start\)/,
    /\(Runtime\.UserCodeSyntaxError: SyntaxError: /,
    /\(Runtime\.ExitError: .* exit status 3\)/,
    /Timedout: The runtime did not poll within 2 sec/,
  ];
  // Slow code is tried twice.
  const faults = ["throws", "misspelt", "exits", "hangs", "loops", "hangs"];
  const lambda = await startLambdaAlone(await faultyInit("on-demand", ...faults));
  const result = await fireEach(lambda.url, ["Ana", "Bo", "Cy", "Dan", "Eve"]);
  for (const [index, { outcome, status, message }] of result.observations.slice(0, 4).entries()) {
    expect.soft({ outcome, status }).toEqual({ outcome: "failed", status: 502 });
    expect.soft(message).toMatch(causes[index] ?? "");
  }
  expect(rowOf(result, "Ana")).toMatch(/failed +502 .*Error: it broke at/);
  expect(rowOf(result, "Eve")).toMatch(/ cold +\{ counter: 1, client: "Eve"/);
  expectNoTrace(lambda.stderr());
});

test.each([
  ["throws", /: Error: it broke at its start\n$/],
  ["misspelt", /: Runtime\.UserCodeSyntaxError: Syntax/],
  ["exits", /: Runtime\.ExitError: Runtime worker thr/],
  ["loops", /: The runtime did not poll within 1 second\n$/],
])(
  "managed environments whose code %s at its start end the program, which says so",
  async (fault, words) => {
    const args = await faultyInit("managed-instances", fault, fault);
    const { code, stdout, stderr } = await runToEnd("local-lambda", [
      "--environments",
      "1",
      ...args,
    ]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/^The environments could not be initialized: /);
    expect(stderr).toMatch(words);
  },
);

/** The most memory that a process has ever had, in MB. */
const peakMb = (pid: number): number =>
  Number(/^VmHWM:\s+(\d+) kB$/m.exec(readProcessFile(pid, "status"))?.[1]) / 1_024;

test.each(drawn(MODELS, 1))(
  "with %s 40 MB of log neither fill the embedded Lambda nor stop the handler, nor is SIGTERM ignored",
  async (model) => {
    const lambda = await startLambdaAlone(["--quiet", ...(await faultyCode(model))]);
    const before = peakMb(lambda.pid);
    const { observations } = await fireEach(lambda.url, ["Ana", "floods", "Bo"]);
    expect(observations.map(({ outcome }) => outcome)).toEqual(["ok", "ok", "ok"]);
    expect(peakMb(lambda.pid) - before).toBeLessThan(100);
    // The handler does not listen to SIGTERM: what it runs in is ended all the same.
    const processes = descendantsOf(lambda.pid);
    lambda.child.kill("SIGTERM");
    expect(await lambda.ended).toBe(0);
    expect(processes.filter(isAlive)).toEqual([]);
    expect(lambda.stderr()).toBe("");
  },
);
