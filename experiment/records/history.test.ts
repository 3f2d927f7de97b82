import {
  existsSync,
  mkdirSync,
  readFileSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, onTestFinished, test, vi } from "vitest";
import { temporaryFolder } from "../../test/processes.ts";
import { burst, CROSS_CHECK, recordLines, writeRecord } from "../../test/report/records.ts";
import { referencePlan } from "../core/plan/plan.ts";
import type { Conclusion, RecordLine } from "../core/record-lines.ts";
import { upperBound } from "../core/verdict/trials.ts";
import { DATA_FOLDER_VARIABLE } from "./data-folder.ts";
import { concludedAnew, deploymentOf, listRecords, pooledEvidence, pooledWith } from "./history.ts";
import { readRecord } from "./read-record.ts";
import { appendToRecord, deleteRecord } from "./record-at-rest.ts";

interface Kept {
  name: string;
  startedAt?: string;
  deployment?: string | undefined;
  conclusion?: Partial<Conclusion>;
}

/** The lines of a small record: its run, an observation, and the verdict over all. */
function linesOf({ name, startedAt, deployment = "abc", conclusion }: Kept): RecordLine[] {
  const target = {
    kind: "local" as const,
    model: "on-demand",
    url: "http://127.0.0.1/",
    deployment,
  };
  return [
    {
      type: "run",
      schema: 1,
      experiment: name,
      run: "e/1",
      index: 0,
      role: "experiment",
      plan: { ...referencePlan, clients: Array(2_000).fill("a rather long name, many times") },
      target,
      startedAt: startedAt ?? "2026-11-23T10:00:00.000Z",
      versions: {},
    },
    { type: "observation", run: "e/1", index: 0, client: "Ána", outcome: "aborted" },
    {
      type: "verdict",
      experiment: name,
      run: null,
      verdict: "isolated",
      environments: 5,
      processes: 5,
      instances: 5,
      coldStarts: 5,
      overlaps: 0,
      mixed: 0,
      trials: 4,
      warmTrials: 0,
      bound: upperBound(4),
      outcomes: {},
      wallMs: 1,
      skewMs: 1,
      ...conclusion,
    },
  ];
}

function write(folder: string, kept: Kept): string {
  const path = join(folder, `${kept.name}.ndjson`);
  writeFileSync(
    path,
    linesOf(kept)
      .map((line) => `${JSON.stringify(line)}\n`)
      .join(""),
  );
  return path;
}

async function collect(path: string): Promise<RecordLine[]> {
  return Array.fromAsync(readRecord(path));
}

test("records are listed newest first, and what is none is left out", async () => {
  const folder = temporaryFolder();
  write(folder, { name: "b", startedAt: "2026-11-23T10:00:00.000Z" });
  write(folder, { name: "a", startedAt: "2026-11-23T11:00:00.000Z" });
  writeFileSync(join(folder, "other.ndjson"), "{}\n");
  writeFileSync(join(folder, "notes.txt"), "");
  mkdirSync(join(folder, "folder.ndjson"));
  const records = await listRecords(folder);
  expect(records.map(({ path }) => path)).toEqual([
    join(folder, "a.ndjson"),
    join(folder, "b.ndjson"),
  ]);
  expect(records[0]?.verdict?.trials).toBe(4);
});

test("a folder that is not there holds no records", async () => {
  expect(await listRecords(join(temporaryFolder(), "none"))).toEqual([]);
});

test("a record whose runner was killed is listed without a verdict, and read as far as it goes", async () => {
  const path = write(temporaryFolder(), { name: "cut" });
  truncateSync(path, readFileSync(path).length - 10);
  const [record] = await listRecords(join(path, ".."));
  expect(record?.run.experiment).toBe("cut");
  expect(record?.verdict).toBeUndefined();
  expect((await collect(path)).map(({ type }) => type)).toEqual(["run", "observation"]);
});

test("a record is read line by line as it was written", async () => {
  const kept = { name: "whole" };
  expect(await collect(write(temporaryFolder(), kept))).toEqual(linesOf(kept));
});

test("a spoilt line is named, and so is a file that cannot be opened", async () => {
  const folder = temporaryFolder();
  const path = write(folder, { name: "spoilt" });
  writeFileSync(path, readFileSync(path, "utf8").replace('"aborted"', '"fine"'));
  const why = expect.stringMatching(/^line 2: outcome is "fine"/);
  await expect(collect(path)).rejects.toMatchObject({ facts: { record: path, why } });
  const none = join(folder, "none");
  await expect(collect(none)).rejects.toMatchObject({
    kind: "record not found",
    facts: { path: none },
  });
  writeFileSync(path, "");
  await expect(collect(path)).rejects.toMatchObject({ facts: { why: "it holds no line of one" } });
});

test("trials of one deployment add up, unless one of its experiments saw sharing", async () => {
  const folder = temporaryFolder();
  write(folder, { name: "1" });
  write(folder, { name: "2" });
  write(folder, { name: "3", conclusion: { verdict: "inconclusive", trials: 100 } });
  write(folder, { name: "4", deployment: "other" });
  write(folder, { name: "5", deployment: "shared" });
  write(folder, { name: "6", deployment: "shared", conclusion: { verdict: "shared" } });
  const records = await listRecords(folder);
  const pooled = pooledEvidence(records);
  const pooledOf = (deployment: string) => {
    const record = records.find(({ run }) => run.target.deployment === deployment);
    return record && pooled.get(deploymentOf(record.run.target) ?? "");
  };
  expect(pooledOf("abc")).toEqual({ isolated: 2, shared: 0, trials: 8, bound: upperBound(8) });
  expect(pooledOf("other")).toEqual({ isolated: 1, shared: 0, trials: 4, bound: upperBound(4) });
  // Disagreement is shown, and not averaged.
  expect(pooledOf("shared")).toEqual({ isolated: 1, shared: 1, trials: 4 });
});

const crossCheck = { ...CROSS_CHECK, experiment: "1", streams: 4, initialized: 4 };

test("what the service's log contradicts is no evidence", async () => {
  const folder = temporaryFolder();
  const path = write(folder, { name: "1" });
  await appendToRecord(path, crossCheck);
  const confirmed = await listRecords(folder);
  expect(confirmed[0]).toMatchObject({ verdict: { verdict: "isolated" }, crossCheck });
  expect(pooledEvidence(confirmed).size).toBe(1);
  await appendToRecord(path, { ...crossCheck, agreement: false });
  expect(pooledEvidence(await listRecords(folder)).size).toBe(0);
  await appendToRecord(path, crossCheck);
  expect(pooledEvidence(await listRecords(folder)).size).toBe(1);
  // What it is called does not matter where it lists what differs.
  await appendToRecord(path, { ...crossCheck, differences: ["1 request is in another stream."] });
  expect(pooledEvidence(await listRecords(folder)).size).toBe(0);
});

test("what the log says of another experiment is not said of this one", async () => {
  const folder = temporaryFolder();
  const path = write(folder, { name: "1" });
  const [, , verdict] = linesOf({ name: "2" });
  if (verdict) await appendToRecord(path, verdict);
  await appendToRecord(path, { ...crossCheck, experiment: "2", agreement: false });
  const records = await listRecords(folder);
  expect(records[0]?.crossCheck).toBeUndefined();
  expect(records[0]?.verdict).toBeDefined();
  expect(pooledEvidence(records).size).toBe(1);
});

test("a record that ended with its control is listed, and not concluded by it", async () => {
  const folder = temporaryFolder();
  const [run, , verdict] = linesOf({ name: "interrupted" });
  const lines = [
    { ...run, role: "control" },
    { ...verdict, role: "control", verdict: "shared", sharing: "globals" },
  ];
  writeFileSync(
    join(folder, "r.ndjson"),
    lines.map((line) => `${JSON.stringify(line)}\n`).join(""),
  );
  const [summary] = await listRecords(folder);
  expect(summary?.run.role).toBe("control");
  expect(summary?.verdict).toBeUndefined();
});

test("a control that was fired before is not what a record is of", async () => {
  const folder = temporaryFolder();
  const path = write(folder, { name: "controlled" });
  const [run, ...rest] = readFileSync(path, "utf8").split("\n");
  const control = { ...JSON.parse(run ?? ""), run: "e/control-1", role: "control" };
  writeFileSync(path, [JSON.stringify(control), run, ...rest].join("\n"));
  const [summary] = await listRecords(folder);
  expect(summary?.run).toMatchObject({ run: "e/1", role: "experiment" });
});

test("a deleted record is gone, and deleting it again is no failure", async () => {
  const path = write(temporaryFolder(), { name: "gone" });
  await deleteRecord(path);
  await deleteRecord(path);
  expect(existsSync(path)).toBe(false);
});

/** What somebody may have made of a record, and what is said of it. */
const foreign: [string, (text: string) => string | Uint8Array][] = [
  ["compressed", (text) => gzipSync(text)],
  ["in UTF-16", (text) => Buffer.from(`\ufeff${text}`, "utf16le")],
  ["a JSON array", (text) => `[${text.trim().replaceAll("\n", ",")}]`],
];

test.each(foreign)(
  "a record that is %s is concluded and pooled, and neither continued nor deleted",
  async (name, change) => {
    const folder = temporaryFolder();
    const lines = recordLines({ runs: [burst(5, (index) => index)] });
    const path = writeRecord(folder, "r.ndjson", [...lines, { ...crossCheck, experiment: "e" }]);
    writeFileSync(path, change(readFileSync(path, "utf8")));
    const before = readFileSync(path);
    const listed = await listRecords(folder);
    expect(listed).toMatchObject([{ verdict: { trials: 4 }, crossCheck: { streams: 4 } }]);
    expect(await concludedAnew(listed)).toMatchObject([{ verdict: { trials: 4 } }]);
    const kind = "record in another form";
    const facts = { path, form: `it is ${name}` };
    await expect(appendToRecord(path, crossCheck)).rejects.toMatchObject({ kind, facts });
    await expect(deleteRecord(path)).rejects.toMatchObject({ kind, facts });
    expect(readFileSync(path)).toEqual(before);
  },
);

test("a record that is named as compressed is listed, as far as it goes", async () => {
  const folder = temporaryFolder();
  const lines = recordLines({ runs: [burst(5, (index) => index)] });
  const path = writeRecord(folder, "r.ndjson", lines);
  writeFileSync(`${path}.gz`, gzipSync(readFileSync(path)).subarray(0, -30));
  const listed = await listRecords(folder);
  expect(listed.map((record) => record.path).sort()).toEqual([path, `${path}.gz`]);
});

test("a record that a runner may be writing is not deleted before that is over", async () => {
  const folder = temporaryFolder();
  const [run] = recordLines({ runs: [burst(5, (index) => index)] });
  const path = writeRecord(folder, "r.ndjson", run ? [run] : []);
  await expect(deleteRecord(path)).rejects.toMatchObject({
    kind: "record in use",
    facts: { path, purpose: "delete" },
  });
  expect(existsSync(path)).toBe(true);
  utimesSync(path, 0, 0);
  await deleteRecord(path);
  expect(existsSync(path)).toBe(false);
});

/** An isolated experiment of four trials, whose verdict somebody may have edited. */
function writeFour(folder: string, id: string, claim: Partial<Conclusion> = {}): string {
  const lines = recordLines({ id, runs: [burst(5, (index) => index)] });
  const claimed = lines.map((line) => (line.type === "verdict" ? { ...line, ...claim } : line));
  return writeRecord(folder, `${id}.ndjson`, claimed);
}

/** The records folder of a data folder of the test's own. */
function recordsOfMine(): string {
  const data = temporaryFolder();
  vi.stubEnv(DATA_FOLDER_VARIABLE, data);
  onTestFinished(() => void vi.unstubAllEnvs());
  const folder = join(data, "records");
  mkdirSync(folder);
  return folder;
}

test("a record adds to those of its deployment once, wherever it lies", async () => {
  const folder = recordsOfMine();
  const within = writeFour(folder, "1");
  const outside = writeFour(temporaryFolder(), "2");
  expect(await pooledWith(within)).toMatchObject({ isolated: 1, trials: 4 });
  expect(await pooledWith(outside)).toMatchObject({ isolated: 2, trials: 8 });
  const copy = join(temporaryFolder(), "copy.ndjson");
  writeFileSync(copy, readFileSync(within));
  expect(await pooledWith(copy)).toMatchObject({ isolated: 1, trials: 4 });
});

test("runs at different deployments are evidence for neither", async () => {
  const folder = recordsOfMine();
  const runs = [burst(5, (index) => index), burst(5, (index) => index)];
  const lines = recordLines({ id: "two", runs });
  const path = writeRecord(folder, "two.ndjson", lines);
  expect(await pooledWith(path)).toMatchObject({ isolated: 1, trials: 8 });
  const others = lines.map((line) =>
    line.type === "run" && line.index === 1
      ? { ...line, target: { ...line.target, deployment: "other" } }
      : line,
  );
  writeRecord(folder, "two.ndjson", others);
  expect(await pooledWith(path)).toBeUndefined();
});

test("what adds up follows from observations, whatever a verdict was made to say", async () => {
  const folder = recordsOfMine();
  const honest = writeFour(folder, "1");
  writeFour(folder, "2", { trials: 999_999, bound: 0 });
  writeFour(folder, "3", { verdict: "shared" });
  // Of observations that cannot be read nothing follows.
  const spoilt = writeFour(folder, "4");
  writeFileSync(
    spoilt,
    readFileSync(spoilt, "utf8").replaceAll('"outcome":"ok"', '"outcome":"fine"'),
  );
  expect(await pooledWith(honest)).toEqual({
    isolated: 3,
    shared: 0,
    trials: 12,
    bound: upperBound(12),
  });
});

test("a record beyond what is read whole is believed as far as its plan allows", async () => {
  const folder = recordsOfMine();
  for (const trials of [4, 5]) writeFour(folder, `claims ${trials}`, { trials });
  const large = (await listRecords(folder)).map((record) => ({ ...record, size: 1e12 }));
  const believed = (await concludedAnew(large)).map(({ verdict }) => verdict?.trials);
  expect(believed.sort()).toEqual([4, undefined]);
});
