import { mkdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, onTestFinished, test, vi } from "vitest";
import { temporaryFile, temporaryFolder } from "../../test/processes.ts";
import { burst, CROSS_CHECK, recordLines, writeRecord } from "../../test/report/records.ts";
import type { Conclusion, RecordLine } from "../core/record-lines.ts";
import { upperBound } from "../core/verdict/conclude.ts";
import { DATA_FOLDER_VARIABLE } from "./data-folder.ts";
import { concludedAnew, listRecords, pooledWith } from "./history.ts";
import { deploymentOf, pooledEvidence } from "./pooled-evidence.ts";
import { appendToRecord } from "./record-at-rest.ts";

interface Changes {
  startedAt?: string;
  deployment?: string;
  claim?: Partial<Conclusion>;
}

/** An isolated experiment of four trials, whose verdict somebody may have edited. */
function fourTrials(id: string, { startedAt, deployment, claim }: Changes = {}): RecordLine[] {
  const lines = recordLines({
    id,
    runs: [burst(5, (index) => index)],
    // The first line is then longer than what is read of a file at once.
    clients: Array(3_000).fill("a rather long name, many times"),
    ...(deployment && { target: { deployment } }),
  });
  return lines.map((line) => {
    if (line.type === "run") return { ...line, startedAt: startedAt ?? line.startedAt };
    return line.type === "verdict" ? { ...line, ...claim } : line;
  });
}

function write(folder: string, id: string, changes?: Changes): string {
  return writeRecord(folder, `${id}.ndjson`, fourTrials(id, changes));
}

test("records are listed newest first, and what is none is left out", async () => {
  const folder = temporaryFolder();
  write(folder, "b", { startedAt: "2026-11-23T10:00:00.000Z" });
  write(folder, "a", { startedAt: "2026-11-23T11:00:00.000Z" });
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

test("a folder that cannot be read is a failure, and no empty history", async () => {
  const folder = temporaryFile("file", "");
  await expect(listRecords(folder)).rejects.toMatchObject({
    kind: "records not listed",
    facts: { folder, why: expect.stringContaining("ENOTDIR") },
  });
});

test("a record whose runner was killed is listed without a verdict", async () => {
  const path = write(temporaryFolder(), "cut");
  truncateSync(path, readFileSync(path).length - 10);
  const [record] = await listRecords(join(path, ".."));
  expect(record?.run.experiment).toBe("cut");
  expect(record?.verdict).toBeUndefined();
});

test("trials of one deployment add up, unless one of its experiments saw sharing", async () => {
  const folder = temporaryFolder();
  write(folder, "1", { deployment: "isolated" });
  write(folder, "2", { deployment: "isolated" });
  write(folder, "3", {
    deployment: "isolated",
    claim: { verdict: "inconclusive", trials: 100 },
  });
  write(folder, "4", { deployment: "other" });
  write(folder, "5", { deployment: "shared" });
  write(folder, "6", { deployment: "shared", claim: { verdict: "shared" } });
  const records = await listRecords(folder);
  const pooled = pooledEvidence(records);
  const pooledOf = (deployment: string) => {
    const record = records.find(({ run }) => run.target.deployment === deployment);
    return record && pooled.get(deploymentOf(record.run.target) ?? "");
  };
  expect(pooledOf("isolated")).toEqual({ isolated: 2, shared: 0, trials: 8, bound: upperBound(8) });
  expect(pooledOf("other")).toEqual({ isolated: 1, shared: 0, trials: 4, bound: upperBound(4) });
  // Disagreement is shown, and not averaged.
  expect(pooledOf("shared")).toEqual({ isolated: 1, shared: 1, trials: 4 });
});

test("of an experiment and its parts the whole one counts, unless a part saw sharing", () => {
  const lines = fourTrials("1");
  const [run, verdict] = [lines[0], lines.at(-1)];
  if (run?.type !== "run" || verdict?.type !== "verdict") throw new Error("no record");
  const part = { run, verdict: { ...verdict, trials: 1, outcomes: { ok: 2 } } };
  const sharing = { run, verdict: { ...part.verdict, verdict: "shared" as const } };
  const whole = { run, verdict };
  const pooledOf = (records: (typeof whole)[]) => [...pooledEvidence(records).values()];
  for (const records of [
    [part, whole],
    [whole, part],
  ]) {
    expect(pooledOf(records)).toMatchObject([{ isolated: 1, shared: 0, trials: 4 }]);
  }
  expect(pooledOf([part, whole, sharing])).toMatchObject([{ isolated: 0, shared: 1 }]);
});

const crossCheck = { ...CROSS_CHECK, experiment: "1", streams: 4, initialized: 4 };

test("what the service's log contradicts is no evidence", async () => {
  const folder = temporaryFolder();
  const path = write(folder, "1");
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
  const path = write(folder, "1");
  for (const line of fourTrials("2").slice(-1)) await appendToRecord(path, line);
  await appendToRecord(path, { ...crossCheck, experiment: "2", agreement: false });
  const records = await listRecords(folder);
  expect(records[0]?.crossCheck).toBeUndefined();
  expect(records[0]?.verdict).toBeDefined();
  expect(pooledEvidence(records).size).toBe(1);
});

test("a record that ended with its control is listed, and not concluded by it", async () => {
  const folder = temporaryFolder();
  const control = [burst(5, () => 0)];
  writeRecord(folder, "r.ndjson", recordLines({ runs: [], control }));
  const [summary] = await listRecords(folder);
  expect(summary?.run.role).toBe("control");
  expect(summary?.verdict).toBeUndefined();
});

test("a control that was fired before is not what a record is of", async () => {
  const folder = temporaryFolder();
  const control = [burst(5, () => 0)];
  const runs = [burst(5, (index) => index)];
  writeRecord(folder, "r.ndjson", recordLines({ runs, control }));
  const [summary] = await listRecords(folder);
  expect(summary?.run).toMatchObject({ run: "e/experiment-1", role: "experiment" });
});

test.each<[string, (text: string) => string | Uint8Array]>([
  ["compressed", (text) => gzipSync(text)],
  ["in UTF-16", (text) => Buffer.from(`\ufeff${text}`, "utf16le")],
  ["a JSON array", (text) => `[${text.trim().replaceAll("\n", ",")}]`],
])("a record that is %s is concluded and pooled", async (_, change) => {
  const folder = temporaryFolder();
  const path = writeRecord(folder, "1.ndjson", [...fourTrials("1"), crossCheck]);
  writeFileSync(path, change(readFileSync(path, "utf8")));
  const listed = await listRecords(folder);
  expect(listed).toMatchObject([{ verdict: { trials: 4 }, crossCheck }]);
  expect(await concludedAnew(listed)).toMatchObject([{ verdict: { trials: 4 } }]);
});

test("a record that is named as compressed is listed, as far as it goes", async () => {
  const folder = temporaryFolder();
  const path = write(folder, "1");
  writeFileSync(`${path}.gz`, gzipSync(readFileSync(path)).subarray(0, -30));
  const listed = await listRecords(folder);
  expect(listed.map((record) => record.path).sort()).toEqual([path, `${path}.gz`]);
});

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
  const within = write(folder, "1");
  const outside = write(temporaryFolder(), "2");
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
  const honest = write(folder, "1");
  write(folder, "2", { claim: { trials: 999_999, bound: 0 } });
  write(folder, "3", { claim: { verdict: "shared" } });
  // Of observations that cannot be read nothing follows.
  const spoilt = write(folder, "4");
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
  for (const trials of [4, 5]) write(folder, `claims ${trials}`, { claim: { trials } });
  const large = (await listRecords(folder)).map((record) => ({ ...record, size: 1e12 }));
  const believed = (await concludedAnew(large)).map(({ verdict }) => verdict?.trials);
  expect(believed.sort()).toEqual([4, undefined]);
});
