import { expect, test } from "vitest";
import { referencePlan } from "../../experiment/core/plan/plan.ts";
import type { RunLine } from "../../experiment/core/record-lines.ts";
import { Fold } from "../../experiment/records/fold.ts";
import { environmentWords, summarizeRun } from "./environment-words.ts";

interface Told {
  client: string;
  pid?: number;
  thread?: number;
  from: number;
  until: number;
  /** After its own mutation, and when it was answered. */
  counter: number;
  counterAtEnd?: number;
  cold?: boolean;
  clients?: string[];
}

/** What is said of one environment after some runs of it. */
function wordsAfter(...runs: Told[][]): string {
  const fold = new Fold({ latest: 100 });
  for (const [index, answers] of runs.entries()) {
    fold.take(runLine(index));
    for (const [request, told] of answers.entries()) fold.take(observation(index, request, told));
  }
  const [environment] = fold.environments;
  if (!environment) return "";
  return environmentWords(environment, summarizeRun(environment, `e/${runs.length}`), true);
}

function runLine(index: number): RunLine {
  return {
    type: "run",
    schema: 1,
    experiment: "e",
    run: `e/${index + 1}`,
    index,
    role: "experiment",
    plan: referencePlan,
    target: { kind: "url", url: "http://127.0.0.1/" },
    startedAt: "2026-01-01T00:00:00.000Z",
    versions: {},
  };
}

function observation(run: number, index: number, told: Told) {
  const { client, pid = 1, thread = 0, from, until, counter, counterAtEnd = counter } = told;
  const { cold = false, clients = [client] } = told;
  return {
    type: "observation" as const,
    run: `e/${run + 1}`,
    index,
    client,
    outcome: "ok" as const,
    sentAt: from,
    answeredAt: until,
    response: {
      client,
      globalData: { counter: counterAtEnd, client: clients.at(-1) ?? client, clients },
      message: "ok",
      environment: {
        id: "environment",
        instance: `${pid}/${thread}`,
        pid,
        threadId: thread,
        initializedAt: 0,
        coldStart: cold,
        nodeVersion: "v24",
        architecture: "x64",
      },
      invocation: {
        requestId: `${run}/${index}`,
        enteredAt: from,
        leftAt: until,
        enteredEpochMs: 0,
        leftEpochMs: 0,
        inFlightOnEntry: 1,
        inFlightPeak: 1,
        onEntry: { counter, client },
      },
    },
  };
}

const ana: Told = { client: "Ana", from: 0, until: 10, counter: 1, cold: true };
const dean: Told = { client: "Dean", from: 0, until: 10, counter: 2, clients: ["Ana", "Dean"] };

test.each<[words: string, runs: Told[][]]>([
  ["cold", [[ana]]],
  ["2nd invocation, kept Ana from run 1", [[ana], [dean]]],
  [
    "3rd invocation, kept Ana from run 1",
    [[ana], [dean, { ...dean, from: 20, until: 30, counter: 3, clients: ["Ana", "Dean", "Dean"] }]],
  ],
  ["restarted", [[ana], [{ ...ana, pid: 2 }]]],
  ["restarted", [[ana], [dean, { ...ana, pid: 2 }, { ...dean, pid: 2, from: 20, until: 30 }]]],
  ["cold thread", [[ana], [{ ...ana, thread: 1 }]]],
  ["2 at once", [[ana, { ...dean, from: 5, until: 15 }]]],
  ["2 at once, globals apart", [[ana, { ...dean, thread: 1, from: 5, until: 15 }]]],
  [
    "3 at once",
    [[ana, { ...dean, from: 5, until: 15 }, { ...dean, thread: 1, from: 5, until: 15 }]],
  ],
  ["restarted", [[ana, { ...ana, pid: 2, from: 5, until: 15 }]]],
])("%s", (words, runs) => {
  expect(wordsAfter(...runs)).toBe(words);
});

test("an answer that names no clients has kept none", () => {
  expect(wordsAfter([ana], [{ ...dean, clients: [] }])).toBe("2nd invocation");
});

test("a name is kept of every answer, and of thousands of names a number", () => {
  const clients = Array.from({ length: 1_000 }, (_, index) => `client ${index}`);
  const many = { ...dean, client: "client 999", counter: 1_500, clients };
  expect(wordsAfter([ana], [many])).toBe("1500th invocation, kept 999 names");
  expect(wordsAfter([ana], [many, { ...many, from: 20, until: 30, counter: 1_501 }])).toBe(
    "1501st invocation, kept 999 names",
  );
});
