import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { inputs } from "../../test/effort.ts";
import { mutated } from "../../test/faults/inputs.ts";
import { temporaryFolder } from "../../test/processes.ts";
import { burst, CROSS_CHECK, recordLines, writeRecord } from "../../test/report/records.ts";
import type { Plan } from "../core/plan/plan.ts";
import type { RecordLine } from "../core/record-lines.ts";
import { runExperiment } from "../experiment.ts";
import { openLocalTarget } from "../targets/local-target.ts";
import { listRecords } from "./history.ts";
import { isObservation, readRecord } from "./read-record.ts";
import { recordLineSchema } from "./schema.ts";

const lines = recordLines({ runs: [burst(5, (index) => index)] });
const whole = lines.map((line) => `${JSON.stringify(line)}\n`).join("");

function fileOf(content: string | Uint8Array): string {
  const path = join(temporaryFolder(), "r.ndjson");
  writeFileSync(path, content);
  return path;
}

interface Read {
  lines: RecordLine[];
  /** What was said of an end that was cut off. */
  said: string[];
}

async function read(content: string | Uint8Array): Promise<Read> {
  const said: string[] = [];
  const path = fileOf(content);
  return { lines: await Array.fromAsync(readRecord(path, (what) => said.push(what))), said };
}

const utf16 = (text: string) => Buffer.from(`\ufeff${text}`, "utf16le");
const windows = whole.replaceAll("\n", "\r\n");
const array = JSON.stringify(lines);

test.each<[string, string | Uint8Array]>([
  ["blank lines at its end", `${whole}\n  \r\n\n`],
  ["blank lines between its lines", whole.replaceAll("\n", "\n\n")],
  ["a blank line before it", `\n${whole}`],
  ["a byte order mark", `\ufeff${whole}`],
  ["the line breaks of Windows", windows],
  ["no line break at its end", whole.trimEnd()],
  ["UTF-16 and the line breaks of Windows", utf16(windows)],
  ["UTF-16, the high byte first", utf16(whole).swap16()],
  ["gzip", gzipSync(whole)],
  ["gzip in two parts", Buffer.concat([gzipSync(whole.slice(0, 99)), gzipSync(whole.slice(99))])],
  ["gzip of UTF-16", gzipSync(utf16(windows))],
  ["one JSON array", array],
  ["one JSON array of many lines", `\ufeff\n${JSON.stringify(lines, undefined, 2)}\n`],
  ["gzip of a JSON array", gzipSync(array)],
  ["fields that it need not have", whole.replaceAll('"type"', '"new":{"type":1},"type"')],
])("a record with %s is read, and is concluded in the history", async (_, content) => {
  const path = fileOf(content);
  expect(await Array.fromAsync(readRecord(path))).toMatchObject(lines);
  const [record] = await listRecords(join(path, ".."));
  expect(record?.verdict).toEqual(lines.at(-1));
});

test.each<[string, string | Uint8Array, number, RegExp]>([
  ["in the middle of a line", whole.slice(0, -10), lines.length - 1, /last line is cut off/],
  ["behind its last line", `${whole}{"type":"ver`, lines.length, /last line is cut off/],
  ["in its compressed data", gzipSync(whole).subarray(0, -20), lines.length, /compressed data end/],
])(
  "a record that is cut %s is read until there, and it is said",
  async (_, content, kept, words) => {
    const { lines: readLines, said } = await read(content);
    expect(readLines.length).toBeGreaterThanOrEqual(kept - 1);
    expect(readLines).toEqual(lines.slice(0, readLines.length));
    expect(said).toEqual([expect.stringMatching(words)]);
  },
);

test("nothing is remarked of a whole record", async () => {
  expect((await read(whole)).said).toEqual([]);
});

test("whatever its offset, a time is read as UTC", async () => {
  const startedAt = "2026-11-30T10:00:00+01:00";
  const checked = { ...CROSS_CHECK, from: "2026-11-29T23:30:00.5-10:30" };
  const edited = [...lines, checked].map((line) => JSON.stringify({ ...line, startedAt }));
  const { lines: readLines } = await read(edited.join("\n"));
  expect(readLines[0]).toMatchObject({ startedAt: "2026-11-30T09:00:00.000Z" });
  expect(readLines.at(-1)).toMatchObject({ from: "2026-11-30T10:00:00.500Z", to: CROSS_CHECK.to });
});

/** The lines with one of them changed, and what follows it. */
function edited(type: RecordLine["type"], change: (line: object) => unknown): string {
  const at = lines.findIndex((line) => line.type === type);
  return [...lines, lines.at(-1)]
    .map((line, index) => JSON.stringify(line && index === at ? change(line) : line))
    .join("\n");
}

const observation = (change: object) => edited("observation", (line) => ({ ...line, ...change }));
const run = (change: object) => edited("run", (line) => ({ ...line, ...change }));
const verdict = (change: object) => edited("verdict", (line) => ({ ...line, ...change }));
const LONG = 2 ** 26 + 1;
const answer = lines.find((line) => line.type === "observation")?.response;
const plan = lines.find((line) => line.type === "run")?.plan;

test.each<[string, string | Uint8Array, string]>([
  [
    "an unknown value",
    observation({ outcome: "OK" }),
    'line 2: outcome is "OK", and must be "ok", "throttled", "failed", "timed out", "aborted" or "unreadable"',
  ],
  [
    "a missing field",
    observation({ client: undefined }),
    "line 2: client is missing, and must be a text",
  ],
  [
    "half an answer",
    observation({ response: { client: "Ana" } }),
    "line 2: response.globalData is missing, and must be an object",
  ],
  ["another type", verdict({ run: 5 }), "line 7: run is 5, and must be a text or null"],
  [
    "a number below its range",
    observation({ index: -1 }),
    "line 2: index is -1, and must be a whole number, 0 or more",
  ],
  [
    "a number beyond its range",
    observation({ sentAt: 1e13 }),
    "line 2: sentAt is 10000000000000, and must be a number from -100000000000 to 100000000000",
  ],
  [
    "no whole number",
    observation({ response: { ...answer, globalData: { ...answer?.globalData, counter: 0.5 } } }),
    "line 2: response.globalData.counter is 0.5, and must be a whole number, 0 or more",
  ],
  [
    "an empty identity",
    observation({ response: { ...answer, environment: { ...answer?.environment, id: "" } } }),
    'line 2: response.environment.id is "", and must be a text that is not empty',
  ],
  [
    "a wrong element of a list",
    run({ plan: { ...plan, stages: [{ requests: 1, pauseMs: 0, concurrency: 0 }] } }),
    "line 1: plan.stages[0].concurrency is 0, and must be a whole number, 1 or more",
  ],
  [
    "an empty list",
    run({ plan: { ...plan, clients: [] } }),
    "line 1: plan.clients is [], and must be a list that is not empty",
  ],
  [
    "a run beyond its plan",
    run({ index: 9 }),
    "line 1: index is 9, and must be below the number of the plan's stages",
  ],
  [
    "a runner that its run does not have",
    run({ schema: 2, runners: ["1/2", "2/2"], runner: "3/2" }),
    'line 1: runner is "3/2", and must be one of runners',
  ],
  ["another version", run({ schema: 3 }), "line 1: schema is 3, and must be 1"],
  [
    "a time without an offset",
    run({ startedAt: "2026-11-30T10:00:00" }),
    'line 1: startedAt is "2026-11-30T10:00:00", and must be a time as ISO 8601 has it, with Z or its offset, such as 2026-11-30T10:00:00+01:00',
  ],
  [
    "a name that is none",
    verdict({ outcomes: { fine: 1 } }),
    'line 7: a name in outcomes is "fine", and must be "ok", "throttled", "failed", "timed out", "aborted" or "unreadable"',
  ],
  [
    "a type that is none",
    observation({ type: "note" }),
    'line 2: type is "note", and must be "run", "observation", "verdict" or "cross-check"',
  ],
  [
    "no type",
    observation({ type: undefined }),
    'line 2: type is missing, and must be "run", "observation", "verdict" or "cross-check"',
  ],
  [
    "no JSON, behind a blank line",
    whole.replace("\n", "\n\ngarbage\u001b\n"),
    'line 3: it is "garbage\\u001b", and must be a JSON object',
  ],
  ["a number", edited("observation", () => 5), "line 2: it is 5, and must be an object"],
  [
    "a long value",
    observation({ outcome: "x".repeat(1_000) }),
    `line 2: outcome is "${"x".repeat(59)}…, and must be "ok", "throttled", "failed", "timed out", "aborted" or "unreadable"`,
  ],
  [
    "a wrong element of an array",
    JSON.stringify([lines[0], lines[1], 7]),
    "element 3: it is 7, and must be an object",
  ],
  [
    "a wrong last line",
    `${whole}{}\n`,
    'line 9: type is missing, and must be "run", "observation"',
  ],
  ["an array that is cut off", array.slice(0, -9), "begins as a JSON array, which is cut off or"],
  [
    "a line without an end",
    Buffer.concat([Buffer.from(`${JSON.stringify(lines[0])}\n`), Buffer.alloc(LONG, "x")]),
    "line 2 is longer than 64 million characters",
  ],
  ["an array without an end", Buffer.alloc(LONG, "["), "JSON array is longer than 64 million"],
  ["damaged gzip", gzipSync(whole).fill(7, 40, 80), "its compressed data are damaged: "],
])("%s is refused by its place, what stands there and what may", async (_, content, words) => {
  const record = fileOf(content);
  await expect(Array.fromAsync(readRecord(record))).rejects.toMatchObject({
    kind: "record unreadable",
    facts: { record, why: expect.stringContaining(words) },
  });
});

test("a file that is not there is no record, and named", async () => {
  const path = join(temporaryFolder(), "none");
  const missing = { kind: "record not found", facts: { path } };
  await expect(Array.fromAsync(readRecord(path))).rejects.toMatchObject(missing);
});

test.each(["", "\n\n", "garbage", "garbage\n\n"])("the text %j is no record", async (text) => {
  await expect(read(text)).rejects.toMatchObject({ facts: { why: "it holds no line of one" } });
});

test("characters and lines that lie across chunks are read whole, whatever the form", async () => {
  const named = { ...lines[1], client: "Zoë 🙂 ".repeat(1_000) };
  const content = `${JSON.stringify(lines[0])}\n${`${JSON.stringify(named)}\n`.repeat(200)}`;
  for (const packed of [content, gzipSync(content), utf16(content)]) {
    const { lines: readLines } = await read(packed);
    expect(readLines).toEqual([lines[0], ...Array(200).fill(named)]);
  }
});

test("an observation with five million names is read", async () => {
  const many = lines.map((line) => {
    if (line.type !== "observation" || line.index > 0 || !line.response) return line;
    const clients: string[] = Array(5_000_000).fill("");
    const globalData = { ...line.response.globalData, clients };
    return { ...line, response: { ...line.response, globalData } };
  });
  const path = writeRecord(temporaryFolder(), "r.ndjson", many);
  expect(await Array.fromAsync(readRecord(path))).toHaveLength(lines.length);
});

const twoAtOnce = { concurrency: 2, requests: 2, pauseMs: 0 };
const planOfTwo: Plan = {
  name: "custom",
  clients: ["Zoë"],
  holdMs: 100,
  steps: 5,
  stages: [twoAtOnce],
};

/** The observations of an experiment, as it recorded them. */
async function recordedObservations(): Promise<unknown[]> {
  const out = join(temporaryFolder(), "record.ndjson");
  const target = await openLocalTarget({});
  onTestFinished(() => target.close());
  await runExperiment({ plan: planOfTwo, target, out, signal: new AbortController().signal });
  const texts = readFileSync(out, "utf8").trimEnd().split("\n");
  return texts.map((text) => JSON.parse(text)).filter(({ type }) => type === "observation");
}

test("what an experiment records of its requests needs no schema, and neither do its changes", async () => {
  const recorded = await recordedObservations();
  expect(recorded.map(isObservation)).toEqual([true, true]);
  const further = { logStream: "2026/01/01/[$LATEST]ab", runner: "one" };
  const streamed = Object.assign(further, recorded[0]);
  fc.assert(
    fc.property(mutated(streamed), (value) => {
      // As it would come from a file, on which there are no other values.
      const read: unknown = JSON.parse(JSON.stringify(value) ?? "null");
      expect(isObservation(read)).toBe(recordLineSchema.safeParse(read).success);
    }),
    { numRuns: inputs(1_000, 100_000) },
  );
});
