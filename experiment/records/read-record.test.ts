import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../test/processes.ts";
import { burst, recordLines, writeRecord } from "../../test/report/records.ts";
import { listRecords } from "./history.ts";
import { readRecord, readTellingLines } from "./read-record.ts";

const lines = recordLines({ runs: [burst(5, (index) => index)] });

test.each([
  ["blank lines at its end", (text: string) => `${text}\n  \r\n\n`],
  ["blank lines between its lines", (text: string) => text.replaceAll("\n", "\n\n")],
  ["a blank line before it", (text: string) => `\n${text}`],
  ["a byte order mark", (text: string) => `\ufeff${text}`],
  ["the line breaks of Windows", (text: string) => text.replaceAll("\n", "\r\n")],
  ["no line break at its end", (text: string) => text.trimEnd()],
  ["half a line at its end", (text: string) => `${text}{"type":"ver`],
])("a record with %s is read, and is concluded in the history", async (_, edit) => {
  const folder = temporaryFolder();
  const path = writeRecord(folder, "r.ndjson", lines);
  writeFileSync(path, edit(readFileSync(path, "utf8")));
  expect(await Array.fromAsync(readRecord(path))).toEqual(lines);
  const [record] = await listRecords(folder);
  expect(record?.verdict).toEqual(lines.at(-1));
});

test("what is no line is named by its number in the file", async () => {
  const path = join(temporaryFolder(), "r.ndjson");
  const [first, ...rest] = lines.map((line) => `${JSON.stringify(line)}\n`);
  writeFileSync(path, [first, "\n", "garbage\n", "\n", ...rest].join(""));
  const reading = Array.fromAsync(readRecord(path));
  await expect(reading).rejects.toThrow(/line 3 is no line of a record/);
});

test.each(["", "\n\n", "garbage", "garbage\n\n"])("the text %j is no record", async (text) => {
  const path = join(temporaryFolder(), "r.ndjson");
  writeFileSync(path, text);
  await expect(Array.fromAsync(readRecord(path))).rejects.toThrow(/it holds no line of one/);
});

test("an observation with five million names is read", async () => {
  const path = join(temporaryFolder(), "r.ndjson");
  const many = lines.map((line) => {
    if (line.type !== "observation" || line.index > 0 || !line.response) return line;
    const clients: string[] = Array(5_000_000).fill("");
    const globalData = { ...line.response.globalData, clients };
    return { ...line, response: { ...line.response, globalData } };
  });
  writeFileSync(path, many.map((line) => `${JSON.stringify(line)}\n`).join(""));
  const batches = await Array.fromAsync(readTellingLines(path, () => false));
  expect(batches.flat()).toHaveLength(lines.length);
});
