/** Fired at for long, with faults of every kind: nothing grows. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { join } from "node:path";
import { expect, test } from "vitest";
import { inputs, SOAK } from "../effort.ts";
import { type SeenRequest, startServer, type TestServer } from "../http-server.ts";
import { descendantsOf, isAlive, temporaryFile, temporaryFolder } from "../processes.ts";
import {
  isConcluded,
  onlyObservations,
  recordsIn,
  startLambdaAlone,
  wholeLines,
} from "../programs.ts";
import { openScreen } from "../screen/open-screen.ts";
import { KEYS } from "../screen/terminal.ts";
import { waitUntil } from "../wait-until.ts";

/** Ways to spoil an answer; without any of them the target itself answers. */
const FAULTS: readonly ((response: ServerResponse) => void)[] = [
  // Throttled.
  (response) => response.writeHead(429).end('{"message":"Rate Exceeded."}'),
  // Reset before the answer, and in the middle of it.
  (response) => response.socket?.resetAndDestroy(),
  (response) => response.write("{", () => response.socket?.resetAndDestroy()),
  // Failed, and what is no answer at all.
  (response) => response.writeHead(502).end("Internal Server Error"),
  (response) => response.end("<html>"),
];

/** How many requests come before one that is never answered, which takes its time. */
const NEVER_ANSWERED = 1_000;

/** Starts a front for a test; what is sent to it, one in two times reaches the target. */
function startFaultyFront(target: string): Promise<TestServer> {
  let received = 0;
  return startServer((request, response) => {
    received += 1;
    if (received % NEVER_ANSWERED === 0) return;
    const fault = received % 2 === 0 ? undefined : FAULTS[((received - 1) / 2) % FAULTS.length];
    if (fault) fault(response);
    else void pass(target, request, response).catch(() => response.destroy());
  });
}

async function pass(target: string, { body }: SeenRequest, response: ServerResponse) {
  const answer = await fetch(target, { method: "POST", body });
  const text = await answer.text();
  response.writeHead(answer.status).end(text);
}

interface Held {
  /** In MB. */
  heap: number;
  rss: number;
  files: number;
}

interface Scales {
  /** What the program must import before all else. */
  preload: string;
  /** Weighs it, as often as it is asked to. */
  weigh: (pid: number) => Promise<Held>;
}

/** On a signal the program collects its garbage and writes down what is left. */
function scales(): Scales {
  const folder = temporaryFolder();
  const preload = temporaryFile(
    "weigh.mjs",
    `import { renameSync, writeFileSync } from "node:fs";
     import { setFlagsFromString } from "node:v8";
     import { runInNewContext } from "node:vm";
     setFlagsFromString("--expose-gc");
     const collect = runInNewContext("gc");
     let weighed = 0;
     process.on("SIGUSR2", () => {
       collect();
       const { heapUsed, rss } = process.memoryUsage();
       weighed += 1;
       const path = ${JSON.stringify(folder)} + "/" + process.pid + "-" + weighed;
       writeFileSync(path + ".part", JSON.stringify({ heap: heapUsed / 1e6, rss: rss / 1e6 }));
       renameSync(path + ".part", path);
     });`,
  );
  const times = new Map<number, number>();
  const weigh = async (pid: number): Promise<Held> => {
    const time = (times.get(pid) ?? 0) + 1;
    times.set(pid, time);
    const path = join(folder, `${pid}-${time}`);
    process.kill(pid, "SIGUSR2");
    await waitUntil(`the weight of ${pid}`, () => existsSync(path));
    const files = readdirSync(`/proc/${pid}/fd`).length;
    return { ...(JSON.parse(readFileSync(path, "utf8")) as Omit<Held, "files">), files };
  };
  return { preload, weigh };
}

/** Medians of the first and of the last third of what was weighed, after a quarter to warm up. */
function thirds(weights: readonly Held[]): { first: Held; last: Held } {
  const warm = weights.slice(Math.floor(weights.length / 4));
  const length = Math.ceil(warm.length / 3);
  return { first: medians(warm.slice(0, length)), last: medians(warm.slice(-length)) };
}

function medians(weights: readonly Held[]): Held {
  const median = (of: keyof Held) =>
    weights.map((held) => held[of]).sort((a, b) => a - b)[Math.floor(weights.length / 2)] ?? 0;
  return { heap: median("heap"), rss: median("rss"), files: median("files") };
}

/** How long it is fired, in milliseconds. */
const DURATION_MS = inputs(6_000, 600_000);
/** In one of so many experiments an environment is killed, or stopped until it times out. */
const HARM_EVERY = 4;

test("fired at again and again, with faults of every kind, nothing grows and every request is counted", async () => {
  const { preload, weigh } = scales();
  const lambda = await startLambdaAlone(["--timeout", "1"], {
    NODE_OPTIONS: `--import ${preload}`,
  });
  const front = await startFaultyFront(lambda.url);
  const args = ["--target", front.url.href, "--hold", "100ms"];
  const { terminal, data } = await openScreen({ args, nodeArgs: ["--import", preload] });

  const weights: { screen: Held[]; lambda: Held[] } = { screen: [], lambda: [] };
  const end = Date.now() + DURATION_MS;
  let fired = 0;
  for (; Date.now() < end; fired++) {
    await begin(fired);
    if (fired % HARM_EVERY === 0) harmOne(lambda.pid, "SIGKILL");
    if (fired % HARM_EVERY === 2) harmOne(lambda.pid, "SIGSTOP");
    await concluded(fired);
    weights.screen.push(await weigh(terminal.pid));
    weights.lambda.push(await weigh(lambda.pid));
  }
  terminal.press("q");
  expect(await terminal.exited).toBe(0);
  expect(terminal.text).not.toMatch(/bug|^ +at /m);

  // A few samples say nothing of growth.
  for (const held of SOAK ? Object.values(weights) : []) {
    const { first, last } = thirds(held);
    expect(last.heap, JSON.stringify(held)).toBeLessThan(1.1 * first.heap + 2);
    expect(last.rss, JSON.stringify(held)).toBeLessThan(1.3 * first.rss + 10);
    expect(last.files, JSON.stringify(held)).toBeLessThanOrEqual(first.files + 5);
  }
  const records = recordsIn(data).map(wholeLines);
  expect(records).toHaveLength(fired);
  const told = records.flatMap(onlyObservations);
  expect(told).toHaveLength(front.requests.length);
  for (const record of records) {
    const outcomes: Record<string, number> = {};
    for (const { outcome } of onlyObservations(record)) {
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    }
    expect(record.at(-1)).toMatchObject({ run: null, outcomes });
  }
  expect([...new Set(told.map(({ outcome }) => outcome))]).toEqual(
    expect.arrayContaining(["ok", "throttled", "failed", "unreadable"]),
  );

  function begin(before: number): Promise<true> {
    return waitUntil("an experiment to begin", () => {
      terminal.press(KEYS.enter);
      return recordsIn(data).length > before;
    });
  }

  function concluded(before: number): Promise<true> {
    return waitUntil("its verdict", () => isConcluded(wholeLines(recordsIn(data)[before])));
  }
});

/** Sends a signal to an environment of an embedded Lambda, whose first process is its reaper. */
function harmOne(pid: number, signal: "SIGKILL" | "SIGSTOP"): void {
  const environments = descendantsOf(pid).slice(1);
  const one = environments[Math.floor(Math.random() * environments.length)];
  if (one !== undefined && isAlive(one)) process.kill(one, signal);
}
