import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Observation, RecordLine } from "../../experiment/core/record-lines.ts";
import { MODELS, type Model } from "../../local-lambda/function-configuration.ts";
import { inputs } from "../effort.ts";
import { descendantsOf, isAlive, start, temporaryFolder } from "../processes.ts";
import { linesOf } from "../record-lines.ts";
import { waitUntil } from "../wait-until.ts";

interface Interrupted {
  running: ReturnType<typeof start>;
  /** What stands on the record now. */
  record: () => RecordLine[];
}

function startExperiment(...args: string[]): Interrupted {
  const data = temporaryFolder();
  const running = start("experiment/command/main.ts", args, { LAMBDA_CONCURRENCY_TEST_DATA: data });
  const record = () => {
    const folder = join(data, "records");
    const [name] = readdirSync(data).length > 0 ? readdirSync(folder) : [];
    const text = name === undefined ? "" : readFileSync(join(folder, name), "utf8");
    // A line that is being written has no end yet.
    const whole = text.slice(0, text.lastIndexOf("\n") + 1);
    return whole === "" ? [] : linesOf(whole);
  };
  return { running, record };
}

const onlyObservations = (lines: readonly RecordLine[]) =>
  lines.filter((line): line is Observation => line.type === "observation");

/** Embedded Lambda, reaper, and one environment for each request. */
const besides = 2;

test("Ctrl-C in the middle exits with 130, keeps every answer and leaves no process", async () => {
  const args = ["--concurrency", "3", "--requests", "6", "--hold", "1s", "--runs", "1"];
  const { running, record } = startExperiment(...args);
  await waitUntil("three answers", () => onlyObservations(record()).length >= 3);
  const processes = descendantsOf(running.child.pid ?? 0);
  expect(processes.length).toBeGreaterThanOrEqual(besides + 3);
  running.child.kill("SIGINT");
  expect(await running.ended).toBe(130);
  expect(processes.filter(isAlive)).toEqual([]);
  const observations = onlyObservations(record());
  expect(observations).toHaveLength(6);
  expect(observations.filter(({ outcome }) => outcome === "ok")).toHaveLength(3);
  expect(observations.filter(({ outcome }) => outcome === "aborted")).toHaveLength(3);
  expect(record().at(-1)).toMatchObject({ type: "verdict", run: null });
});

test("Ctrl-C before the shot leaves neither a record nor a process", async () => {
  const { running, record } = startExperiment("--concurrency", "100", "--hold", "1s");
  await waitUntil("the embedded Lambda", () => descendantsOf(running.child.pid ?? 0).length >= 2);
  const processes = descendantsOf(running.child.pid ?? 0);
  running.child.kill("SIGINT");
  expect(await running.ended).toBe(130);
  await waitUntil("the processes to end", () => !processes.some(isAlive));
  expect(record()).toEqual([]);
});

test("killing the runner leaves no process, and the answers that had come", async () => {
  const args = ["--concurrency", "3", "--requests", "600", "--hold", "200ms", "--runs", "1"];
  const { running, record } = startExperiment(...args);
  await waitUntil("some answers", () => onlyObservations(record()).length >= 6);
  const processes = descendantsOf(running.child.pid ?? 0);
  expect(processes.length).toBeGreaterThanOrEqual(besides + 3);
  running.child.kill("SIGKILL");
  expect(await running.ended).toBe("SIGKILL");
  await waitUntil("every process to end", () => !processes.some(isAlive));
  expect(onlyObservations(record()).length).toBeGreaterThanOrEqual(6);
});

/** How many environments five requests at once meet. */
const ENVIRONMENTS: Record<Model, number> = {
  "on-demand": 5,
  "managed-instances": 3,
  "web-function": 1,
};

test("whoever is killed, and whenever, no process is left", async () => {
  for (let round = 0; round < inputs(9, 200); round++) {
    const model = MODELS[round % MODELS.length] ?? "on-demand";
    const args = ["--model", model, "--hold", "100ms", "--runs", "2"];
    const { running } = startExperiment(...args);
    const runner = running.child.pid ?? 0;
    // The moment: when so many processes have been started, none to all of them.
    const moment = 1 + (round % (besides + ENVIRONMENTS[model]));
    const processes = await waitUntil(`${moment} processes`, () => {
      const found = descendantsOf(runner);
      return found.length >= moment && found;
    });
    const [embedded = 0] = processes;
    process.kill(round % 2 === 0 ? runner : embedded, "SIGKILL");
    await running.ended;
    await waitUntil("every process to end", () => !processes.some(isAlive));
    expect(running.stderr()).not.toMatch(/\n\s+at /);
  }
});
