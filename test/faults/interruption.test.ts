import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { startServer } from "../http-server.ts";
import { descendantsOf, isAlive } from "../processes.ts";
import { linesOf } from "../record-lines.ts";
import { waitUntil } from "../wait-until.ts";
import { answerNow } from "./own-process-each.ts";
import { onlyObservations, startExperiment } from "./recorded-run.ts";

/** Embedded Lambda, reaper, and one environment for each request. */
const besides = 2;

test.each(["SIGINT", "SIGTERM"] as const)(
  "%s in the middle exits with 130, keeps every answer and leaves no process",
  async (signal) => {
    const args = ["--concurrency", "3", "--requests", "6", "--hold", "1s", "--runs", "1"];
    const { running, record, temporary } = startExperiment(...args);
    await waitUntil("three answers", () => onlyObservations(record()).length >= 3);
    const processes = descendantsOf(running.child.pid ?? 0);
    expect(processes.length).toBeGreaterThanOrEqual(besides + 3);
    running.child.kill(signal);
    expect(await running.ended).toBe(130);
    expect(processes.filter(isAlive)).toEqual([]);
    expect(temporary()).toEqual([]);
    const outcomes = onlyObservations(record()).map(({ outcome }) => outcome);
    expect(outcomes).toEqual([...Array(3).fill("ok"), ...Array(3).fill("aborted")]);
    expect(record().at(-1)).toMatchObject({ type: "verdict", run: null });
    expect(running.stdout()).toMatch(/3 aborted[\s\S]*Record: /);
    expect(running.stderr()).toBe("");
  },
);

test("Ctrl-C before the shot leaves neither a record nor a process", async () => {
  const { running, record } = startExperiment("--concurrency", "100", "--hold", "1s");
  await waitUntil("the embedded Lambda", () => descendantsOf(running.child.pid ?? 0).length >= 2);
  const processes = descendantsOf(running.child.pid ?? 0);
  running.child.kill("SIGINT");
  expect(await running.ended).toBe(130);
  await waitUntil("the processes to end", () => !processes.some(isAlive));
  expect(record()).toEqual([]);
  expect(running.stderr()).toBe("");
});

test("a second Ctrl-C waits for nothing, and the record is concluded all the same", async () => {
  const { running, record, temporary } = startExperiment("--runs", "1");
  await waitUntil("the shot", () => record().length > 0);
  const processes = descendantsOf(running.child.pid ?? 0);
  const [embedded = 0] = processes;
  expect(embedded).toBeGreaterThan(1);
  // It does not end when it is asked to.
  process.kill(embedded, "SIGSTOP");
  running.child.kill("SIGINT");
  await waitUntil("the verdict over all", () => {
    const last = record().at(-1);
    return last?.type === "verdict" && last.run === null;
  });
  await waitUntil("the end", () => {
    running.child.kill("SIGINT");
    return running.child.exitCode !== null || running.child.signalCode !== null;
  });
  expect(await running.ended).toBe("SIGINT");
  await waitUntil("the processes to end", () => !processes.some(isAlive));
  await waitUntil("the temporary folder to be empty", () => temporary().length === 0);
  expect(record().at(-1)).toMatchObject({ run: null, outcomes: { aborted: 5 } });
  expect(running.stderr()).toBe("");
});

test("a runner that was stopped goes on where it was, and loses no answer that came meanwhile", async () => {
  const answers: (() => void)[] = [];
  const { url } = await startServer((request, response) => {
    answers.push(() => answerNow(request, response));
  });
  const { running, record } = startExperiment("--target", url.href, "--runs", "1");
  const pid = running.child.pid ?? 0;
  await waitUntil("the burst", () => answers.length === 5);
  process.kill(pid, "SIGSTOP");
  await waitUntil("the stop", () => /\) T /.test(readFileSync(`/proc/${pid}/stat`, "utf8")));
  for (const answer of answers) answer();
  process.kill(pid, "SIGCONT");
  // How long the stop was decides how certain it still is that the requests ran at once.
  expect([0, 3]).toContain(await running.ended);
  expect(record().at(-1)).toMatchObject({ environments: 5, outcomes: { ok: 5 } });
  expect(running.stdout()).toMatch(/^Run 1 of 1 · cold · \d+\.\d\d s · 5 environments$/m);
  expect(running.stderr()).toBe("");
});

test("with --json a signal after the verdict leaves a slow reader nothing to miss, and is no success", async () => {
  const { url } = await startServer(answerNow);
  const load = ["--concurrency", "100", "--requests", "1000", "--runs", "1"];
  const { running, record } = startExperiment("--target", url.href, ...load, "--json");
  running.child.stdout?.pause();
  await waitUntil("the verdict over all", () => {
    const last = record().at(-1);
    return last?.type === "verdict" && last.run === null;
  });
  running.child.kill("SIGINT");
  await waitUntil("the record's path", () => /^Record: .+\n/.test(running.stderr()));
  running.child.stdout?.resume();
  expect(await running.ended).toBe(130);
  expect(linesOf(running.stdout())).toEqual(record());
});

/** Fires until so much has come that a pipe nobody reads is full, and is interrupted. */
async function interruptedBeforeItIsRead(signal: NodeJS.Signals) {
  let asked = 0;
  const { url } = await startServer((request, response) => {
    asked += 1;
    if (asked <= 900) answerNow(request, response);
  });
  const load = ["--concurrency", "100", "--requests", "1000", "--runs", "1"];
  const { running, record } = startExperiment("--target", url.href, ...load, "--json");
  running.child.stdout?.pause();
  await waitUntil("900 answers", () => onlyObservations(record()).length === 900);
  running.child.kill(signal);
  await waitUntil("the record's path", () => /^Record: .+\n/.test(running.stderr()));
  return { running, record };
}

test("with --json a signal before a slow reader has taken all leaves it nothing to miss", async () => {
  const { running, record } = await interruptedBeforeItIsRead("SIGTERM");
  expect(running.child.exitCode).toBe(null);
  running.child.stdout?.resume();
  expect(await running.ended).toBe(130);
  const lines = record();
  expect(lines.at(-1)).toMatchObject({ run: null, outcomes: { ok: 900, aborted: 100 } });
  expect(linesOf(running.stdout())).toEqual(lines);
});

test("who reads nothing of --json holds the end up until a second signal only", async () => {
  const { running, record } = await interruptedBeforeItIsRead("SIGINT");
  await waitUntil("the end", () => {
    running.child.kill("SIGTERM");
    return running.child.exitCode !== null || running.child.signalCode !== null;
  });
  expect(record().at(-1)).toMatchObject({ run: null, outcomes: { ok: 900, aborted: 100 } });
});
