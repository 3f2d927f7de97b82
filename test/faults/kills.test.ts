import { readdirSync, readFileSync, statSync } from "node:fs";
import { connect } from "node:net";
import { expect, test } from "vitest";
import { MODELS, type Model } from "../../local-lambda/function-configuration.ts";
import { inputs } from "../effort.ts";
import { descendantsOf, isAlive, type Running, start, temporaryFolder } from "../processes.ts";
import { linesOf } from "../record-lines.ts";
import { waitUntil } from "../wait-until.ts";
import { recordsIn } from "./recorded-run.ts";

const CLIENTS = ["Ana", "Barbara", "Mario"];
/** Embedded Lambda and reaper, and as many environments as these clients meet at once. */
const PROCESSES: Record<Model, number> = {
  "on-demand": 2 + CLIENTS.length,
  "managed-instances": 2 + 3,
  "web-function": 2 + 1,
};
/** Of a record: the run, its requests, and the verdicts over it and over the experiment. */
const LINES = 1 + CLIENTS.length + 2;

/** What has been printed to its end. */
function wholeOutput({ stdout }: Running): string {
  return stdout().slice(0, stdout().lastIndexOf("\n") + 1);
}

interface Moment {
  name: string;
  hasCome: (running: Running) => boolean;
}

/** A moment in the life of an experiment, from its first process, at 0, to its last line, at 1. */
function momentAt(model: Model, share: number): Moment {
  const drawn = 1 + Math.floor(share * (PROCESSES[model] + LINES - 1));
  const processes = Math.min(drawn, PROCESSES[model]);
  const lines = drawn - processes;
  return {
    name: `${processes} processes and ${lines} lines`,
    hasCome: (running) =>
      running.child.exitCode !== null ||
      (lines === 0
        ? descendantsOf(running.child.pid ?? 0).length >= processes
        : wholeOutput(running).split("\n").length > lines),
  };
}

/** Whether something still listens where an experiment said that its target was. */
function isOpen(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port) });
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

test("whoever is killed, and whenever: what had been told is recorded, and nothing is left", async () => {
  const [data, temporary] = [temporaryFolder(), temporaryFolder()];
  const env = { LAMBDA_CONCURRENCY_TEST_DATA: data, TMPDIR: temporary };
  const rounds = inputs(10, 200);
  let known: string[] = [];
  for (let round = 0; round < rounds; round++) {
    const model = MODELS[round % MODELS.length] ?? "on-demand";
    // Drawn, but for that all parts of its life have their turn.
    const moment = momentAt(model, (round + Math.random()) / rounds);
    const clients = CLIENTS.join();
    const plan = ["--clients", clients, "--hold", "100ms", "--runs", "1"];
    const args = ["--model", model, ...plan, "--json"];
    const running = start("experiment/command/run-experiment.ts", args, env);
    const processes = await waitUntil(
      `${model} with ${moment.name}`,
      () => moment.hasCome(running) && descendantsOf(running.child.pid ?? 0),
    );
    // Every fifth time the embedded Lambda, which the runner outlives.
    const [embedded] = processes;
    if (round % 5 !== 4) running.child.kill("SIGKILL");
    else if (embedded !== undefined && isAlive(embedded)) process.kill(embedded, "SIGKILL");
    await running.ended;
    await waitUntil("every process to end", () => !processes.some(isAlive));
    await waitUntil("the folder to be empty", () => readdirSync(temporary).length === 0);
    expect(running.stderr()).not.toMatch(/\n\s+at /);

    const [path, ...more] = recordsIn(data).filter((name) => !known.includes(name));
    known = recordsIn(data);
    expect(more).toEqual([]);
    const record = path === undefined ? "" : readFileSync(path, "utf8");
    // A line is on the record before it is told.
    expect(record.startsWith(wholeOutput(running)), `${model} with ${moment.name}`).toBe(true);
    const [first] = record.includes("\n") ? linesOf(wholePart(record)) : [];
    if (first?.type === "run") expect(await isOpen(first.target.url)).toBe(false);
  }
  await reportsAll(known.filter((path) => statSync(path).size > 0));
});

function wholePart(record: string): string {
  return record.slice(0, record.lastIndexOf("\n") + 1);
}

/** What became of the killed ones can be read, by who has the program and their records alone. */
async function reportsAll(paths: readonly string[]): Promise<void> {
  const report = start("experiment/command/report-records.ts", ["--format", "csv", ...paths]);
  expect([await report.ended, report.stderr()]).toEqual([0, ""]);
  const observations = paths.flatMap((path) =>
    linesOf(wholePart(readFileSync(path, "utf8"))).filter(({ type }) => type === "observation"),
  );
  expect(report.stdout().trimEnd().split("\n")).toHaveLength(1 + observations.length);
}
