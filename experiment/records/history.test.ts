import { existsSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../test/processes.ts";
import { ExperimentError } from "../core/errors.ts";
import { referencePlan } from "../core/plan.ts";
import type { Conclusion, RecordLine } from "../core/record-lines.ts";
import { upperBound } from "../core/trials.ts";
import { deleteRecord, listRecords } from "./history.ts";
import { deploymentOf, pooledBounds } from "./pooled-bounds.ts";
import { readRecord } from "./read-record.ts";

interface Kept {
  name: string;
  startedAt?: string;
  deployment?: string | undefined;
  conclusion?: Partial<Conclusion>;
}

/** The lines of a small record: its run, an observation, and the verdict over all. */
function linesOf({ startedAt, deployment = "abc", conclusion }: Kept): RecordLine[] {
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
      experiment: "e",
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
      experiment: "e",
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
  expect(record?.run.experiment).toBe("e");
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
  await expect(collect(path)).rejects.toThrow(/spoilt.ndjson.*line 2 is no line of a record/);
  await expect(collect(join(folder, "none"))).rejects.toThrow(ExperimentError);
  writeFileSync(path, "");
  await expect(collect(path)).rejects.toThrow(/holds no line/);
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
  const bounds = pooledBounds(records);
  const boundOf = (deployment: string) => {
    const record = records.find(({ run }) => run.target.deployment === deployment);
    return record && bounds.get(deploymentOf(record.run.target) ?? "");
  };
  expect(boundOf("abc")).toBe(upperBound(8));
  expect(boundOf("other")).toBe(upperBound(4));
  expect(boundOf("shared")).toBeUndefined();
});

test("a deleted record is gone, and deleting it again is no failure", async () => {
  const path = write(temporaryFolder(), { name: "gone" });
  await deleteRecord(path);
  await deleteRecord(path);
  expect(existsSync(path)).toBe(false);
});
