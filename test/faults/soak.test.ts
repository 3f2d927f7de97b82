import { expect, test } from "vitest";
import { inputs } from "../effort.ts";
import { descendantsOf, isAlive, start } from "../processes.ts";
import { openScreen } from "../screen/open-screen.ts";
import { KEYS } from "../screen/terminal.ts";
import { waitUntil } from "../wait-until.ts";
import { startFaultyFront } from "./faulty-front.ts";
import { type Held, scales, thirds } from "./memory.ts";
import { onlyObservations, recordsIn, wholeLines } from "./recorded-run.ts";

/** How long it is fired, in milliseconds. */
const DURATION_MS = inputs(6_000, 600_000);
/** In one of so many experiments an environment is killed, or stopped until it times out. */
const HARM_EVERY = 4;

test("fired at again and again, with faults of every kind, nothing grows and every request is counted", async () => {
  const { preload, weigh } = scales();
  const lambda = start("local-lambda/serve.ts", ["--timeout", "1"], {
    NODE_OPTIONS: `--import ${preload}`,
  });
  const target = await waitUntil("the URL", () => /http:\S+/.exec(lambda.stdout())?.[0]);
  const front = await startFaultyFront(target);
  const args = ["--target", front.url.href, "--hold", "100ms"];
  const { terminal, data } = await openScreen({ args, nodeArgs: ["--import", preload] });

  const weights: { screen: Held[]; lambda: Held[] } = { screen: [], lambda: [] };
  const end = Date.now() + DURATION_MS;
  let fired = 0;
  for (; Date.now() < end; fired++) {
    await begin(fired);
    if (fired % HARM_EVERY === 0) harmOne(lambda.child.pid ?? 0, "SIGKILL");
    if (fired % HARM_EVERY === 2) harmOne(lambda.child.pid ?? 0, "SIGSTOP");
    await concluded(fired);
    weights.screen.push(await weigh(terminal.pid));
    weights.lambda.push(await weigh(lambda.child.pid ?? 0));
  }
  terminal.press("q");
  expect(await terminal.exited).toBe(0);
  expect(terminal.text).not.toMatch(/bug|^ +at /m);

  for (const held of Object.values(weights)) {
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
    return waitUntil("its verdict", () => {
      const last = wholeLines(recordsIn(data)[before]).at(-1);
      return last?.type === "verdict" && last.run === null;
    });
  }
});

/** Sends a signal to an environment of an embedded Lambda, whose first process is its reaper. */
function harmOne(pid: number, signal: "SIGKILL" | "SIGSTOP"): void {
  const environments = descendantsOf(pid).slice(1);
  const one = environments[Math.floor(Math.random() * environments.length)];
  if (one !== undefined && isAlive(one)) process.kill(one, signal);
}
