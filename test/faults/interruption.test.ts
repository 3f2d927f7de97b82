/** Signals at whatever moment: every answer is kept, what was told is recorded, and nothing is left. */

import { readdirSync, readFileSync, statSync } from "node:fs";
import { expect, test } from "vitest";
import { MODELS, type Model } from "../../basics/models.ts";
import { drawn, inputs } from "../effort.ts";
import { answerNow, startServer } from "../http-server.ts";
import {
  descendantsOf,
  expectNoTrace,
  firstBelow,
  isAlive,
  type Running,
  readProcessFile,
  temporaryFile,
  temporaryFolder,
  untilBelow,
  untilEnded,
} from "../processes.ts";
import {
  isConcluded,
  linesOf,
  onlyObservations,
  outcomesOf,
  recordsIn,
  report,
  startExperiment,
  wholeLines,
} from "../programs.ts";
import { waitUntil } from "../wait-until.ts";

/** Embedded Lambda and reaper. */
const BESIDES = 2;

test.each(drawn(["SIGINT", "SIGTERM"] as const, 1))(
  "%s in the middle exits with 130, keeps every answer and leaves no process",
  async (signal) => {
    const args = ["--concurrency", "3", "--requests", "6", "--hold", "1s", "--runs", "1"];
    const running = startExperiment(args);
    await waitUntil("three answers", () => onlyObservations(running.record()).length >= 3);
    const processes = await untilBelow(running.pid, BESIDES + 3);
    running.child.kill(signal);
    expect(await running.ended).toBe(130);
    expect(processes.filter(isAlive)).toEqual([]);
    expect(running.temporary()).toEqual([]);
    const outcomes = outcomesOf(running.record());
    expect(outcomes).toHaveLength(6);
    expect(outcomes.slice(0, 3)).toEqual(Array(3).fill("ok"));
    expect(new Set(outcomes)).toEqual(new Set(["ok", "aborted"]));
    expect(isConcluded(running.record())).toBe(true);
    expect(running.stdout()).toMatch(/\d aborted[\s\S]*Record: /);
    expect(running.stderr()).toBe("");
  },
);

test("Ctrl-C before the shot leaves neither a record nor a process", async () => {
  const stages = [{ concurrency: 100, requests: 100, pauseMs: 60_000 }];
  const plan = { clients: ["Ana"], holdMs: 1_000, stages };
  const path = temporaryFile("later.json", JSON.stringify(plan));
  const running = startExperiment(["--plan", path]);
  const processes = await untilBelow(running.pid, BESIDES);
  running.child.kill("SIGINT");
  expect(await running.ended).toBe(130);
  await untilEnded(processes);
  expect(running.record()).toEqual([]);
  expect(running.stderr()).toBe("");
});

/** Signals again and again until the program has ended. */
async function insist({ child }: Running, signal: NodeJS.Signals): Promise<void> {
  await waitUntil("the end", () => {
    child.kill(signal);
    return child.exitCode !== null || child.signalCode !== null;
  });
}

test("a second Ctrl-C waits for nothing, and the record is concluded all the same", async () => {
  const running = startExperiment(["--runs", "1"]);
  await waitUntil("the shot", () => running.record().length > 0);
  const processes = descendantsOf(running.pid);
  // The embedded Lambda does not end when it is asked to.
  process.kill(firstBelow(running.pid), "SIGSTOP");
  running.child.kill("SIGINT");
  await waitUntil("the verdict over all", () => isConcluded(running.record()));
  await insist(running, "SIGINT");
  expect(await running.ended).toBe("SIGINT");
  await untilEnded(processes);
  await waitUntil("the temporary folder to be empty", () => running.temporary().length === 0);
  expect(running.record().at(-1)).toMatchObject({ run: null, outcomes: { aborted: 5 } });
  expect(running.stderr()).toBe("");
});

test("a runner that was stopped goes on where it was, and loses no answer that came meanwhile", async () => {
  const answers: (() => void)[] = [];
  const { url } = await startServer((request, response) => {
    answers.push(() => answerNow(request, response));
  });
  const running = startExperiment(["--target", url.href, "--runs", "1"]);
  await waitUntil("the burst", () => answers.length === 5);
  process.kill(running.pid, "SIGSTOP");
  await waitUntil("the stop", () => / T /.test(readProcessFile(running.pid, "stat")));
  for (const answer of answers) answer();
  process.kill(running.pid, "SIGCONT");
  // How long the stop was decides how certain it still is that the requests ran at once.
  expect([0, 3]).toContain(await running.ended);
  expect(running.record().at(-1)).toMatchObject({ environments: 5, outcomes: { ok: 5 } });
  expect(running.stderr()).toBe("");
});

/** An experiment whose record is more than a pipe holds that nobody reads, of which so much is answered. */
async function startUnread(answered: number) {
  let asked = 0;
  const { url } = await startServer((request, response) => {
    asked += 1;
    if (asked <= answered) answerNow(request, response);
  });
  const load = ["--concurrency", "100", "--requests", "1000", "--runs", "1", "--json"];
  const running = startExperiment(["--target", url.href, ...load]);
  running.child.stdout?.pause();
  // The run and its answers; where all have come, two verdicts.
  const lines = 1 + answered + (answered === 1_000 ? 2 : 0);
  // To check so large a record again and again would take longer than to write it.
  await waitUntil("the answers", () => {
    const [path] = recordsIn(running.data);
    return path !== undefined && readFileSync(path, "utf8").split("\n").length - 1 === lines;
  });
  expect(isConcluded(running.record())).toBe(answered === 1_000);
  return running;
}

test.each([
  ["after the verdict", 1_000, "SIGINT", { ok: 1_000 }],
  ["before all has been answered", 900, "SIGTERM", { ok: 900, aborted: 100 }],
] as const)(
  "with --json a signal %s leaves a slow reader nothing to miss, and is no success",
  async (_, answered, signal, outcomes) => {
    const running = await startUnread(answered);
    running.child.kill(signal);
    await waitUntil("the record's path", () => /^Record: .+\n/.test(running.stderr()));
    expect(running.child.exitCode).toBe(null);
    running.child.stdout?.resume();
    expect(await running.ended).toBe(130);
    expect(running.record().at(-1)).toMatchObject({ run: null, outcomes });
    expect(linesOf(running.stdout())).toEqual(running.record());
  },
);

test("a reader that takes nothing of --json holds the end up until a second signal only", async () => {
  const running = await startUnread(900);
  running.child.kill("SIGINT");
  await waitUntil("the record's path", () => /^Record: .+\n/.test(running.stderr()));
  await insist(running, "SIGTERM");
  const outcomes = { ok: 900, aborted: 100 };
  expect(running.record().at(-1)).toMatchObject({ run: null, outcomes });
});

const CLIENTS = ["Ana", "Barbara", "Mario"];
/** Besides, as many environments as these clients meet at once. */
const PROCESSES: Record<Model, number> = {
  "on-demand": BESIDES + CLIENTS.length,
  "managed-instances": BESIDES + 1,
  "web-function": BESIDES + 1,
};
/** Of a record: the run, its requests, and the verdicts over it and over the experiment. */
const LINES = 1 + CLIENTS.length + 2;

/** What has been printed to its end. */
const wholeOutput = ({ stdout }: Running) => stdout().slice(0, stdout().lastIndexOf("\n") + 1);

/** A moment in the life of an experiment, from its first process, at 0, to its last line, at 1. */
function momentAt(model: Model, share: number) {
  const steps = 1 + Math.floor(share * (PROCESSES[model] + LINES - 1));
  const processes = Math.min(steps, PROCESSES[model]);
  const lines = steps - processes;
  const hasCome = (running: Running) =>
    running.child.exitCode !== null ||
    (lines === 0
      ? descendantsOf(running.pid).length >= processes
      : wholeOutput(running).split("\n").length > lines);
  return { name: `${model} with ${processes} processes and ${lines} lines`, hasCome };
}

test("whichever process is killed, and whenever: what had been told is recorded, and nothing is left", async () => {
  const [data, temporary] = [temporaryFolder(), temporaryFolder()];
  const env = { LAMBDA_CONCURRENCY_TEST_DATA: data, TMPDIR: temporary };
  const rounds = inputs(5, 200);
  let known: string[] = [];
  for (let round = 0; round < rounds; round++) {
    const model = MODELS[round % MODELS.length] ?? "on-demand";
    const { name, hasCome } = momentAt(model, round / (rounds - 1));
    const plan = ["--clients", CLIENTS.join(), "--hold", "100ms", "--runs", "1"];
    const running = startExperiment(["--model", model, ...plan, "--json"], env);
    const processes = await waitUntil(name, () => hasCome(running) && descendantsOf(running.pid));
    // Every fifth time the embedded Lambda, which the runner outlives.
    const [embedded] = processes;
    if (round % 5 !== 4) running.child.kill("SIGKILL");
    else if (embedded !== undefined && isAlive(embedded)) process.kill(embedded, "SIGKILL");
    await running.ended;
    await untilEnded(processes);
    await waitUntil(`no folder: ${name}`, () => readdirSync(temporary).length === 0);
    expectNoTrace(running.stderr());

    const [path, ...more] = recordsIn(data).filter((one) => !known.includes(one));
    known = recordsIn(data);
    expect(more).toEqual([]);
    const record = path === undefined ? "" : readFileSync(path, "utf8");
    // A line is on the record before it is told.
    expect(record.startsWith(wholeOutput(running)), name).toBe(true);
  }
  // What became of the killed ones can be read by their records alone.
  const paths = known.filter((path) => statSync(path).size > 0);
  const { code, stdout, stderr } = await report("--format", "csv", ...paths);
  expect([code, stderr]).toEqual([0, ""]);
  const observations = paths.flatMap(wholeLines).filter(({ type }) => type === "observation");
  expect(stdout.trimEnd().split("\n")).toHaveLength(1 + observations.length);
});
