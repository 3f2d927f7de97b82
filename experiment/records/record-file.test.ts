import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { temporaryFolder } from "../../test/processes.ts";
import { ABORTED } from "../../test/report/records.ts";
import { DATA_FOLDER_VARIABLE } from "./data-folder.ts";
import { RecordFile } from "./record-file.ts";
import { toJsonSchema } from "./schema.ts";

afterEach(() => vi.unstubAllEnvs());

test("what was appended is in the file at once", () => {
  const record = new RecordFile(join(temporaryFolder(), "deep", "record.ndjson"));
  record.append(ABORTED);
  expect(readFileSync(record.path, "utf8")).toBe(`${JSON.stringify(ABORTED)}\n`);
  record.close();
  expect(statSync(record.path).mode & 0o777).toBe(0o600);
});

test("a record without a line is no record", () => {
  const record = new RecordFile(join(temporaryFolder(), "record.ndjson"));
  record.close();
  expect(existsSync(record.path)).toBe(false);
  const another = new RecordFile(join(temporaryFolder(), "record.ndjson"));
  writeFileSync(another.path, "somebody else's");
  another.close();
  expect(readFileSync(another.path, "utf8")).toBe("somebody else's");
});

test("two records of one moment have files of their own", () => {
  vi.stubEnv(DATA_FOLDER_VARIABLE, temporaryFolder());
  vi.useFakeTimers();
  const [one, other] = [new RecordFile(), new RecordFile()];
  vi.useRealTimers();
  expect(one.path).not.toBe(other.path);
  one.close();
  other.close();
});

test("a folder that is a file is said with the next step", () => {
  const file = join(temporaryFolder(), "file");
  writeFileSync(file, "");
  chmodSync(file, 0o600);
  const create = () => new RecordFile(join(file, "record.ndjson"));
  expect(create).toThrow(expect.objectContaining({ kind: "record not begun" }));
});

test("the published schema is that of the code", () => {
  const published = readFileSync(new URL("record.schema.json", import.meta.url), "utf8");
  expect(published, 'run "npm run schema"').toBe(
    `${JSON.stringify(toJsonSchema(), undefined, 2)}\n`,
  );
});
