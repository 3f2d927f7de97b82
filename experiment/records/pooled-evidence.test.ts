import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { temporaryFolder } from "../../test/processes.ts";
import { burst, recordLines, writeRecord } from "../../test/report/records.ts";
import type { Conclusion } from "../core/record-lines.ts";
import { upperBound } from "../core/verdict/trials.ts";
import { DATA_FOLDER_VARIABLE } from "./data-folder.ts";
import { listRecords } from "./history.ts";
import { concludedAnew, pooledWith } from "./pooled-evidence.ts";

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
