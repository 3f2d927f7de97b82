import assert from "node:assert/strict";
import { expect, test } from "vitest";
import { equalStages, referencePlan } from "../../experiment/core/plan/plan.ts";
import type { Observation, RunLine } from "../../experiment/core/record-lines.ts";
import { storeOf, textsOf } from "../../test/screen/store.ts";
import type { Snapshot } from "../store.ts";
import { environmentWords, summarizeRun } from "./environment-words.ts";
import { runPicture, type Scroll } from "./run-picture.ts";

interface Told {
  client: string;
  environment?: string;
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

/** What the store shows of runs of so many requests each, of which some were answered. */
function shown(requests: number, ...runs: (Told | Observation)[][]): Snapshot {
  const plan = { ...referencePlan, stages: equalStages(runs.length, requests, requests, 0) };
  const store = storeOf("on-demand", plan);
  for (const [index, answers] of runs.entries()) {
    store.take({ ...RUN, plan, run: `e/${index + 1}`, index });
    for (const [request, answer] of answers.entries()) {
      store.take("type" in answer ? answer : observation(index, request, answer));
    }
  }
  return store.current;
}

const RUN: RunLine = {
  type: "run",
  schema: 1,
  experiment: "e",
  run: "e/1",
  index: 0,
  role: "experiment",
  plan: referencePlan,
  target: { kind: "url", url: "http://127.0.0.1/" },
  startedAt: "2026-01-01T00:00:00.000Z",
  versions: {},
};

function observation(run: number, index: number, told: Told): Observation {
  const { client, environment = "e1", pid = 1, thread = 0, from, until, counter } = told;
  const { counterAtEnd = counter, cold = false, clients = [client] } = told;
  return {
    type: "observation",
    run: `e/${run + 1}`,
    index,
    client,
    outcome: "ok",
    sentAt: from,
    answeredAt: until,
    response: {
      client,
      globalData: { counter: counterAtEnd, client: clients.at(-1) ?? client, clients },
      message: "ok",
      environment: {
        id: environment,
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

/** What is said of the only environment after some runs of it. */
function wordsAfter(...runs: Told[][]): string {
  const [environment] = shown(5, ...runs).environments;
  assert.ok(environment);
  return environmentWords(summarizeRun(environment), true);
}

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

/** A picture of the last run, 80 columns wide, as text. */
function picture(snapshot: Snapshot, height: number, scroll: Partial<Scroll> = {}) {
  const { run } = snapshot;
  assert.ok(run);
  const from = { selected: undefined, offset: 0, ...scroll };
  const { lines, ...rest } = runPicture(snapshot, run, { columns: 80, height }, from);
  // The first says how long it has taken.
  return { ...rest, body: textsOf(lines).slice(1) };
}

const elsewhere = { ...dean, environment: "e2", counter: 1, clients: ["Dean"], cold: true };
/** As the store numbers them. */
const ids = ({ environments }: { environments: readonly { id: string }[] }) =>
  environments.map(({ id }) => id);

test("every answer has its lane and its globals, and what is in flight stands below", () => {
  const drawn = picture(shown(3, [ana, elsewhere]), 20);
  expect(ids(drawn)).toEqual(["e1", "e2"]);
  expect(drawn.body).toEqual([
    expect.stringMatching(/^ {2}1 {2}\w+ {2}cold +Ana +●$/),
    '    { counter: 1, client: "Ana", clients: ["Ana"] }',
    expect.stringMatching(/^ {2}2 {2}\w+ {2}cold +Dean +●$/),
    '    { counter: 1, client: "Dean", clients: ["Dean"] }',
    expect.stringMatching(/^ in flight +Mario +●/),
  ]);
  expect(drawn).toMatchObject({ offset: 0, page: 2, position: undefined });
});

test("globals that are alike stand once, below the lanes of those who shared them", () => {
  const both = { counter: 1, counterAtEnd: 2, clients: ["Ana", "Dean"] };
  const { body } = picture(
    shown(2, [
      { ...ana, ...both },
      { ...dean, from: 5, until: 15 },
    ]),
    20,
  );
  expect(body).toEqual([
    expect.stringMatching(/2 at once +Ana +● +mixed$/),
    expect.stringMatching(/^ +Dean +● +at once$/),
    '    all 2 answered { counter: 2, client: "Dean", clients: ["Ana", "Dean"] }',
  ]);
});

test("with little room an environment is one line, and the selected one is in sight", () => {
  const many = ["e1", "e2", "e3", "e4"].map((environment) => ({ ...ana, environment }));
  const snapshot = shown(4, many);
  const counts = ["4 of 4 requests answered · 4 cold", "p50 0.01 s · p95 0.01 s · max 0.01 s"];
  const first = picture(snapshot, 5);
  expect(first.body).toEqual([
    ...counts.map((line) => ` ${line}`),
    expect.stringMatching(/^ {2}1 {2}\w+ {2}cold +Ana +● +counter 1: "Ana"$/),
    expect.stringMatching(/^ {2}2 {2}/),
  ]);
  expect(first).toMatchObject({ page: 2, position: "1–2 of 4 environments" });
  const down = picture(snapshot, 5, { selected: "e4" });
  expect(down.body.slice(2)).toEqual([
    expect.stringMatching(/^ {2}3 {2}/),
    expect.stringMatching(/^▸ 4 {2}/),
  ]);
  expect(down).toMatchObject({ offset: 2, page: 2, position: "3–4 of 4 environments" });
});

test("what is in flight fills the room that is left, and the rest is a number", () => {
  expect(picture(shown(100, []), 6).body.slice(2)).toEqual([
    expect.stringMatching(/^ in flight +Ana /),
    expect.stringMatching(/^ +Barbara /),
    " … and 98 more in flight",
  ]);
});

test("while a later run fires, environments stay with what they held until they answer again", () => {
  const bo: Told = { ...ana, client: "Bo", environment: "e2", pid: 2 };
  const first = [ana, bo];
  const held = ' Bo +\\{ counter: 1, client: "Bo", clients: \\["Bo"\\] \\}$';
  const fired = picture(shown(2, first, []), 20);
  expect(fired.body).toEqual([
    expect.stringMatching(/^ {2}1 {2}\w+ {2}last seen in run 1 +Ana +\{ counter: 1,/),
    expect.stringMatching(`^  2  \\w+  last seen in run 1 +${held}`),
    expect.stringMatching(/^ in flight +Ana /),
    expect.stringMatching(/^ +Barbara /),
  ]);
  expect(fired.environments.map(({ id }) => id)).toEqual(["e1", "e2"]);
  // One that answers comes alive in its place, with as many lines as were taken for it.
  const answered = picture(shown(2, first, [dean]), 20).body;
  expect(answered).toEqual([
    expect.stringMatching(/^ {2}1 {2}\w+ {2}2nd, kept Ana +Dean +●/),
    '    { counter: 2, client: "Dean", clients: ["Ana", "Dean"] }',
    expect.stringMatching(`^  2  \\w+  last seen in run 1 +${held}`),
    expect.stringMatching(/^ in flight +Barbara /),
  ]);
  // When all have answered, the run shows those that served it.
  expect(picture(shown(1, first, [dean]), 20).body).toHaveLength(2);
});

test("environments of a run before stay, to be looked into, when a run is stopped", () => {
  const bo: Told = { ...ana, client: "Bo", environment: "e2", pid: 2 };
  const stopped = { type: "observation", run: "e/2", index: 1, client: "Bo" } as const;
  const drawn = picture(shown(2, [ana, bo], [dean, { ...stopped, outcome: "aborted" }]), 20);
  expect(ids(drawn)).toEqual(["e1", "e2"]);
  expect(drawn.body).toEqual([
    expect.stringMatching(/^ {2}1 {2}\w+ {2}2nd, kept Ana +Dean +●/),
    '    { counter: 2, client: "Dean", clients: ["Ana", "Dean"] }',
    expect.stringMatching(/^ {2}2 {2}\w+ {2}last seen in run 1 +Bo +\{ counter: 1, client: "Bo"/),
    expect.stringMatching(/^ aborted +Bo$/),
  ]);
});

test("what environments held leaves a line for what is in flight", () => {
  const first = Array.from({ length: 9 }, (_, index): Told => {
    return { ...ana, environment: `e${index}`, pid: index };
  });
  const { body } = picture(shown(9, first, []), 6);
  expect(body.slice(2)).toEqual([
    expect.stringMatching(/last seen in run 1 +Ana +counter 1: "Ana"$/),
    expect.stringMatching(/last seen in run 1/),
    " 9 in flight",
  ]);
});

test("requests without an environment say how they ended, and many of them how many did", () => {
  const throttled = (index: number): Observation => {
    const seen = { type: "observation", run: "e/1", index, client: "Ana" } as const;
    return { ...seen, outcome: "throttled", message: "429\u001b", sentAt: 0, answeredAt: 5 };
  };
  expect(picture(shown(1, [throttled(0)]), 20).body).toEqual([
    expect.stringMatching(/^ throttled +Ana +429\\u001b$/),
  ]);
  const eleven = Array.from({ length: 11 }, (_, index) => throttled(index));
  expect(picture(shown(11, eleven), 30).body).toEqual([
    expect.stringMatching(/^ throttled +11 requests: 429\\u001b$/),
  ]);
});
