/** The control of an experiment, at the target's own web function, and where that shows nothing; and its stop. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { answerPlainly, startServer } from "../test/http-server.ts";
import { temporaryFolder } from "../test/processes.ts";
import type { RecordLine, RunLine } from "./core/record-lines.ts";
import type { Target } from "./core/target.ts";
import { runExperiment } from "./experiment.ts";
import { readRecord } from "./records/read-record.ts";
import { csvRows } from "./reports/csv-report.ts";
import { textReport } from "./reports/experiment-text.ts";
import { experimentPage } from "./reports/html/experiment-page.ts";
import { jsonReport } from "./reports/json-report.ts";
import { recordNotes } from "./reports/record-notes.ts";
import { KEPT_IN_PAGE, readExperiment } from "./reports/recorded-experiment.ts";
import { openLocalTarget } from "./targets/local-target.ts";
import { openTarget } from "./targets/open-target.ts";

const PLAN = {
  name: "custom",
  clients: ["Ana", "Bo", "Cy"],
  holdMs: 400,
  steps: 5,
  stages: [
    { concurrency: 3, requests: 3, pauseMs: 0 },
    { concurrency: 2, requests: 2, pauseMs: 0 },
  ],
};
const HERE = ["local", "web-function"];
const AT_STACK = ["stack", "web-function"];
const EXPERIMENT = ["stack", "on-demand"];

/** A target as that of a stack, to which it belongs as this model. */
function ofStack(target: Target, model: string): Target {
  const stack = { kind: "stack", model, stack: "dev", region: "eu-west-1" } as const;
  return { ...target, description: { ...target.description, ...stack } };
}

/** Fires at a stack's on-demand function, with a control that the stack opens so. */
async function fireBeside(open: () => Promise<Target>) {
  const target = await openLocalTarget({ model: "on-demand" });
  onTestFinished(() => target.close());
  const openControl = async () => ofStack(await open(), "web-function");
  const out = join(temporaryFolder(), "record.ndjson");
  const { signal } = new AbortController();
  await runExperiment({
    plan: PLAN,
    target: { ...ofStack(target, "on-demand"), openControl },
    withControl: true,
    signal,
    out,
  });
  const texts = readFileSync(out, "utf8").trimEnd().split("\n");
  const lines: RecordLine[] = texts.map((text) => JSON.parse(text));
  const runs = lines.filter((line): line is RunLine => line.type === "run");
  const recorded = await readExperiment(out, KEPT_IN_PAGE);
  return {
    runs: runs.map(({ target: { kind, model } }) => [kind, model]),
    ids: new Set(runs.map(({ run }) => run)),
    atOnce: runs.map(({ index, plan }) => plan.stages[index]?.concurrency),
    verdicts: lines.filter((line) => line.type === "verdict" && line.run === null),
    recorded,
    text: textReport(recorded, false),
    page: experimentPage(recorded),
    json: JSON.parse(JSON.stringify(jsonReport(recorded))),
    rows: await Array.fromAsync(csvRows(readRecord(out), out)),
  };
}

test("the web function of a stack is its control, after a round that makes it warm", async () => {
  const fired = await fireBeside(() => openLocalTarget({ model: "web-function" }));
  expect(fired.runs).toEqual([AT_STACK, AT_STACK, AT_STACK, EXPERIMENT, EXPERIMENT]);
  expect(fired.ids.size).toBe(5);
  expect(fired.atOnce).toEqual([3, 3, 2, 3, 2]);
  expect(fired.verdicts).toMatchObject([
    { role: "control", verdict: "shared", overlaps: 7, environments: 1 },
    { verdict: "isolated" },
  ]);
  expect(recordNotes(fired.recorded)).toEqual([]);
  for (const said of [fired.text, fired.page]) {
    expect(said).toMatch(
      /CONTROL {2}At this stack(\W\w*)+ web function the instrument saw sharing/,
    );
    expect(said).toMatch(/on AWS itself/);
  }
  expect(fired.text).toMatch(/^Control at this stack's web function, run 3 of 3/m);
  expect(fired.json.control.runs.map(({ target }: { target?: object }) => target)).toEqual(
    Array(3).fill(undefined),
  );
});

test.each<[string, () => Promise<Target>, RegExp]>([
  [
    "let requests wait for each other",
    () => openLocalTarget({ model: "web-function", maxConcurrency: 1 }),
    /1 environment served 6 requests, never two at once/,
  ],
  [
    "spread them",
    () => openLocalTarget({ model: "on-demand" }),
    /\d environments served 8 requests, never two at once/,
  ],
])(
  "a service that %s gave the control no chance, and the one here vouches",
  async (_, open, why) => {
    const fired = await fireBeside(open);
    const control = [AT_STACK, AT_STACK, AT_STACK, HERE, HERE];
    expect(fired.runs).toEqual([...control, EXPERIMENT, EXPERIMENT]);
    expect(fired.ids.size).toBe(7);
    expect(fired.verdicts).toMatchObject([
      { role: "control", verdict: "shared", overlaps: 4 },
      { verdict: "isolated" },
    ]);
    expect(recordNotes(fired.recorded)).toEqual([]);
    for (const said of [fired.text, fired.page]) {
      expect(said).toMatch(why);
      expect(said).toMatch(/No two requests could meet at this stack/);
      expect(said).toMatch(/On this machine, where it was fired then, the instrument saw sharing/);
      expect(said).toMatch(/4 overlaps in 5 requests.*for this machine, not for AWS/);
    }
    const kinds = fired.json.control.runs.map(({ target }: RunLine) => target?.kind);
    expect(kinds).toEqual([undefined, undefined, undefined, "local", "local"]);
    expect(fired.rows.filter((row) => /,control,.*embedded Lambda/.test(row))).toHaveLength(5);
  },
);

test("a control that had its chance and showed nothing takes isolation back, and none is fired here", async () => {
  const { url } = await startServer(answerPlainly);
  const fired = await fireBeside(() => openTarget({ kind: "url", url }));
  expect(fired.runs).toEqual([AT_STACK, AT_STACK, AT_STACK, EXPERIMENT, EXPERIMENT]);
  expect(fired.verdicts).toMatchObject([
    { role: "control", verdict: "inconclusive" },
    { verdict: "inconclusive", reason: expect.stringMatching(/^The control, .* no sharing/) },
  ]);
  expect(fired.text).toMatch(/^CONTROL FAILED {2}At this stack's web function/m);
});

/** Fires at what never answers, and stops it as soon as it was fired. */
async function stopped(onObservation: () => void): Promise<unknown> {
  const { url } = await startServer(() => {});
  const target = await openTarget({ kind: "url", url });
  const stop = new AbortController();
  return runExperiment({
    plan: PLAN,
    target,
    signal: stop.signal,
    out: join(temporaryFolder(), "record.ndjson"),
    onPhase: ({ name }) => name === "firing" && stop.abort(),
    onLine: ({ type }) => type === "observation" && onObservation(),
  });
}

test("an experiment that is stopped is concluded, and a fault after the stop is heard all the same", async () => {
  let observed = 0;
  const fired = stopped(() => {
    observed += 1;
  });
  expect(await fired).toMatchObject({ verdict: { outcomes: { aborted: 3 } } });
  expect(observed).toBe(3);
  const fault = new TypeError("no function");
  await expect(
    stopped(() => {
      throw fault;
    }),
  ).rejects.toBe(fault);
});
