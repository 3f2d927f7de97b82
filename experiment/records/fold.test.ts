import { expect, test } from "vitest";
import { burst, CROSS_CHECK, recordLines } from "../../test/report/records.ts";
import type { Observation, RecordLine, RunLine } from "../core/record-lines.ts";
import { Fold, type Keep, MisplacedLineError } from "./fold.ts";

const lines = recordLines({
  runs: [burst(5, (index) => index), burst(5, (index) => index)],
  control: [burst(3, () => 9)],
});

function foldOf(taken: readonly RecordLine[], keep?: Keep): Fold {
  const fold = new Fold(keep);
  for (const line of taken) fold.take(line);
  return fold;
}

const isObservation = (line: RecordLine): line is Observation => line.type === "observation";

/** The first observation of the experiment, changed. */
function changed(change: Partial<Observation>): RecordLine[] {
  const run = lines.find((line) => line.type === "run" && line.role === "experiment");
  const observation = lines.find(isObservation);
  if (run?.type !== "run" || !observation) throw new Error("no run");
  return [run, { ...observation, run: run.run, ...change }];
}

test("runs, environments and verdicts are kept by their role, in order", () => {
  const { id, experiment, control, labels, crossChecks } = foldOf([...lines, CROSS_CHECK]);
  expect(id).toBe("e");
  expect(experiment.runs.map(({ ended, stage }) => [ended, stage.requests])).toEqual([
    [5, 5],
    [5, 5],
  ]);
  expect(control.runs.map(({ ended, cold, warm }) => [ended, cold, warm])).toEqual([[3, 1, 2]]);
  expect([...experiment.environments.values()].map(({ position }) => position)).toEqual([
    1, 2, 3, 4, 5,
  ]);
  const ids = [experiment, control].flatMap(({ environments }) => [...environments.keys()]);
  expect(new Set(ids.map((id) => labels.get(id))).size).toBe(6);
  expect(experiment.verdict).toEqual(lines.at(-1));
  expect(control.verdict?.role).toBe("control");
  expect(experiment.runs.map(({ verdict }) => verdict?.verdict)).toEqual(["isolated", "isolated"]);
  expect(crossChecks).toEqual([CROSS_CHECK]);
});

test.each<[string, Keep, shown: number[], latest: number]>([
  ["none", {}, [0, 0], 0],
  ["the first of each run", { perRun: 2, inAll: 100 }, [2, 2], 0],
  ["the first of all", { perRun: 5, inAll: 7 }, [5, 2], 0],
  ["the latest of each environment", { latest: 100 }, [0, 0], 2],
])("answers are kept whole: %s", (_, keep, shown, latest) => {
  const experimentAlone = lines.filter((line) => !("run" in line && line.run?.includes("control")));
  const { experiment } = foldOf(experimentAlone, keep);
  expect(experiment.runs.map((run) => run.shown.length)).toEqual(shown);
  expect(experiment.runs.map((run) => run.requests.length)).toEqual([5, 5]);
  for (const environment of experiment.environments.values()) {
    expect(environment.invocations).toHaveLength(latest);
  }
});

test("the latest answers of an environment are kept, and the others counted", () => {
  const [run, observation] = changed({});
  const repeated = Array.from({ length: 20 }, (_, index) => ({ ...observation, index }));
  const { environments } = foldOf([run, ...repeated] as RecordLine[], { latest: 8 });
  expect(environments).toHaveLength(1);
  expect(environments[0]?.invocations.map(({ index }) => index)).toEqual([
    12, 13, 14, 15, 16, 17, 18, 19,
  ]);
  expect(environments[0]?.earlier).toBe(12);
});

test("requests that name no environment are grouped by their end, and of many causes the first", () => {
  const [run, observation] = changed({ response: undefined, outcome: "failed" });
  const failed = Array.from({ length: 100 }, (_, index) => {
    return { ...observation, index, message: `cause ${index % 50}` };
  });
  const fold = foldOf([run, ...failed] as RecordLine[]);
  const groups = fold.run?.groups ?? [];
  expect(groups).toHaveLength(21);
  expect(groups[0]).toEqual({ outcome: "failed", message: "cause 0", count: 2 });
  expect(groups.at(-1)).toEqual({ outcome: "failed", message: "other causes", count: 60 });
  expect(fold.run?.unplaced).toHaveLength(50);
});

test("a further runner's line of a run is its start, and of a record of one runner none", () => {
  const [run, observation] = changed({});
  const named = { ...run, schema: 2, runners: ["1/2", "2/2"], runner: "1/2" } as RunLine;
  const late = { ...named, runner: "2/2", startedAt: "2026-11-23T22:47:00.000Z" };
  const { experiment } = foldOf([named, observation, late, late, named] as RecordLine[]);
  expect(experiment.runs).toHaveLength(1);
  expect(experiment.runs[0]?.starts).toEqual([named, late]);
  expect(experiment.runs[0]?.startOf("2/2")).toEqual(late);
  expect(experiment.runs[0]?.ended).toBe(1);
  const first = { ...named, schema: 1 } as RunLine;
  expect(foldOf([first, late]).experiment.runs[0]?.starts).toEqual([first]);
});

test("an answer of a request that failed is left out, and counted", () => {
  const fold = foldOf(changed({ outcome: "timed out" }), { perRun: 1, inAll: 1, latest: 1 });
  expect(fold.answeredFailures).toBe(1);
  expect(fold.run?.shown[0]?.response).toBeUndefined();
  expect(fold.run?.requests[0]?.report).toBeUndefined();
  expect(fold.environments).toEqual([]);
});

test("what another experiment's verdict or log says is left out, and counted", () => {
  const verdict = lines.at(-1) as RecordLine;
  const foreign = { ...verdict, experiment: "other" } as RecordLine;
  const fold = foldOf([...lines, foreign, { ...CROSS_CHECK, experiment: "other" }]);
  expect(fold.foreignLines).toBe(2);
  expect(fold.crossChecks).toEqual([]);
  expect(fold.experiment.verdict).toEqual(verdict);
});

test.each<[string, RecordLine[]]>([
  ["an observation of a run that did not begin", lines.filter(isObservation)],
  [
    "a run of another experiment",
    [...lines, ...recordLines({ id: "f", runs: [burst(1, () => 0)] })],
  ],
])("%s cannot stand there", (_, misplaced) => {
  expect(() => foldOf(misplaced)).toThrow(MisplacedLineError);
});

test("a new record knows the environments that the last one left warm, and nothing else of it", () => {
  const fold = foldOf(lines, { latest: 100 });
  const warm = fold.environments;
  expect(warm).toHaveLength(5);
  fold.startRecord();
  expect(fold.run).toBeUndefined();
  expect(fold.environments).toEqual(warm);
  for (const line of recordLines({ id: "f", runs: [burst(5, (index) => index)] })) fold.take(line);
  expect(fold.environments.map(({ invocations }) => invocations.length)).toEqual([3, 3, 3, 3, 3]);
  expect(fold.labels.get("environment 0")).toBe("environment 0");
  fold.forget();
  expect(fold.environments).toEqual([]);
  // Nothing that begins alike is known any more.
  expect(fold.labels.get("environment 0")).toBe("envi");
});
