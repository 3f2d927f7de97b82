/** Records as the runner writes them, of requests that were never fired. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Plan, partNames } from "../../experiment/core/plan/plan.ts";
import type {
  Conclusion,
  CrossCheckLine,
  Observation,
  RecordLine,
  Role,
} from "../../experiment/core/record-lines.ts";
import type { TargetDescription } from "../../experiment/core/target.ts";
import { concludeExperiment } from "../../experiment/core/verdict/conclude.ts";
import { evidenceOf } from "../../experiment/core/verdict/evidence.ts";
import { observe, type Visit } from "../schedules.ts";

export interface Recorded {
  id?: string;
  /** What happened in each run. */
  runs: readonly (readonly Visit[])[];
  /** The same of a control that was fired before. */
  control?: readonly (readonly Visit[])[];
  clients?: readonly string[];
  holdMs?: number;
  target?: Partial<TargetDescription>;
}

const STACK: TargetDescription = {
  kind: "stack",
  url: "https://abc.lambda-url.eu-west-1.on.aws/",
  stack: "dev",
  model: "on-demand",
  region: "eu-west-1",
  functionName: "f-1",
  deployment: "sha-of-code",
};

/** The control on this machine. */
const HERE: TargetDescription = {
  kind: "local",
  url: "http://127.0.0.1:9000/",
  model: "web-function",
  deployment: "sha-of-control",
};

/** A log that agrees with the answers of two runs of five. */
export const CROSS_CHECK: CrossCheckLine = {
  type: "cross-check",
  experiment: "e",
  source: "cloudwatch-logs",
  logGroupName: "/aws/lambda/f",
  region: "eu-west-1",
  from: "2026-11-23T10:00:00.000Z",
  to: "2026-11-23T10:01:00.000Z",
  requests: 10,
  streams: 5,
  initialized: 5,
  agreement: true,
  differences: [],
  console: "https://example.org/",
};

/** The shortest line there is. */
export const ABORTED: Observation = {
  type: "observation",
  run: "r",
  index: 0,
  client: "Ána",
  outcome: "aborted",
};

/** `count` requests at once; request i is served by process `processOf(i)`. */
export function burst(count: number, processOf: (index: number) => number, cold = 300): Visit[] {
  return Array.from({ length: count }, (_, index) => ({
    process: processOf(index),
    thread: 0,
    sentAt: index / 100,
    begin: cold + index / 10,
    end: cold + 5_000 + index / 10,
    answeredAt: cold + 5_010 + index / 10,
    lost: false,
  }));
}

/** The lines of a record; clients are named as the plan says. */
export function recordLines(recorded: Recorded): RecordLine[] {
  const { id = "e", runs, control = [] } = recorded;
  return [
    ...seriesLines(recorded, id, "control", control),
    ...seriesLines(recorded, id, "experiment", runs),
  ];
}

/** The records of the runners that fired a record's experiment in so many parts, each by its own clock. */
export function partLines(lines: readonly RecordLine[], of: number): RecordLine[][] {
  const runners = partNames({ number: 1, of });
  return runners.map((runner, part) =>
    lines.flatMap((line): RecordLine[] => {
      if (line.type === "run") {
        return [{ ...line, schema: 2, runners, runner, startAt: line.startedAt }];
      }
      if (line.type !== "observation" || line.index % of !== part) return [];
      const { sentAt = 0, answeredAt = 0 } = line;
      const ahead = part * 1_800_000;
      return [{ ...line, runner, sentAt: sentAt + ahead, answeredAt: answeredAt + ahead }];
    }),
  );
}

export function writeRecord(folder: string, name: string, lines: readonly RecordLine[]): string {
  const path = join(folder, name);
  writeFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  return path;
}

function seriesLines(
  { clients = ["Ana", "Barbara", "Mario", "Dean", "John"], holdMs = 5_000, target }: Recorded,
  experiment: string,
  role: Role,
  runs: readonly (readonly Visit[])[],
): RecordLine[] {
  if (runs.length === 0) return [];
  const plan: Plan = {
    name: "reference",
    clients: [...clients],
    holdMs,
    steps: 5,
    stages: runs.map(({ length }) => ({ concurrency: length, requests: length, pauseMs: 0 })),
  };
  const observed = observeAll(runs, clients);
  const concluded = observed.map((its, index) => {
    const run = `${experiment}/${role}-${index + 1}`;
    return { run, index, observations: its.map((observation) => ({ ...observation, run })) };
  });
  const evidence = concluded.map(({ observations }) => ({
    concurrency: observations.length,
    holdMs,
    requests: observations.map(evidenceOf),
  }));
  const lines = concluded.flatMap(({ run, index, observations }): RecordLine[] => [
    {
      type: "run",
      schema: 1,
      experiment,
      run,
      index,
      role,
      plan,
      target: role === "control" ? HERE : { ...STACK, ...target },
      startedAt: "2026-11-23T21:47:00.000Z",
      versions: { node: "v24.0.0" },
    },
    ...observations,
    {
      type: "verdict",
      experiment,
      run,
      ...withoutMemory(
        concludeExperiment([evidence[index] ?? { concurrency: 0, holdMs, requests: [] }]),
      ),
    },
  ]);
  return [
    ...lines,
    {
      type: "verdict",
      experiment,
      run: null,
      ...(role === "control" && { role }),
      ...concludeExperiment(evidence),
    },
  ];
}

/** A run alone does not show what memory outlives. */
function withoutMemory({ memory: _, ...conclusion }: Conclusion): Conclusion {
  return conclusion;
}

/** Between runs, by the clocks of processes: their memory is kept meanwhile. */
const BETWEEN_RUNS_MS = 1e6;

/** Observations run by run, of processes that live through all of them. */
function observeAll(
  runs: readonly (readonly Visit[])[],
  clients: readonly string[],
): Observation[][] {
  const visits = runs.flatMap((run, index) =>
    run.map((visit, number) => ({
      ...visit,
      run: index,
      number,
      begin: visit.begin + index * BETWEEN_RUNS_MS,
      end: visit.end + index * BETWEEN_RUNS_MS,
    })),
  );
  const numberOf = (index: number) => visits[index]?.number ?? 0;
  const nameOf = (index: number) => clients[numberOf(index) % clients.length] ?? "";
  const all = observe(visits, [], nameOf).map((seen, at) => ({ ...seen, index: numberOf(at) }));
  return runs.map((_, run) => all.filter((_, at) => visits[at]?.run === run));
}
