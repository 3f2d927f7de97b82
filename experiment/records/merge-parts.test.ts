import fc from "fast-check";
import { expect, test } from "vitest";
import { inputs } from "../../test/effort.ts";
import { temporaryFolder } from "../../test/processes.ts";
import {
  burst,
  CROSS_CHECK,
  partLines,
  recordLines,
  writeRecord,
} from "../../test/report/records.ts";
import { shareOf } from "../core/plan/plan.ts";
import type { Observation, RecordLine, RunLine } from "../core/record-lines.ts";
import { compareRecords } from "../reports/comparison.ts";
import { recordNotes } from "../reports/record-notes.ts";
import { readExperiments } from "../reports/recorded-experiment.ts";
import { Fold } from "./fold.ts";
import { mergeParts } from "./merge-parts.ts";
import type { BegunRecord } from "./read-record.ts";

const isObservation = (line: RecordLine): line is Observation => line.type === "observation";

function begun(lines: readonly RecordLine[]): BegunRecord {
  const iterator = lines.values();
  async function* all() {
    yield* iterator;
  }
  return { path: "r.ndjson", first: first(lines), isLog: false, lines: all(), notes: [] };
}

function merged(files: readonly RecordLine[][]): Promise<RecordLine[]> {
  const [one = [], ...others] = files;
  return Array.fromAsync(mergeParts([begun(one), ...others.map(begun)]).lines);
}

function conclusionOf(lines: readonly RecordLine[]) {
  const fold = new Fold();
  for (const line of lines) fold.take(line);
  return fold.experiment.conclusion;
}

/** Which of the parts are named, in which order, and some of them again. */
const naming = fc.integer({ min: 2, max: 4 }).chain((of) => {
  const part = fc.nat({ max: of - 1 });
  return fc.record({ of: fc.constant(of), named: fc.array(part, { minLength: 1, maxLength: 6 }) });
});

test("parts, in any order, some missing or named twice, are one experiment of what there is", async () => {
  await fc.assert(
    fc.asyncProperty(
      naming,
      fc.integer({ min: 4, max: 12 }),
      fc.boolean(),
      async ({ of, named }, count, isShared) => {
        const run = burst(count, (index) => (isShared ? 0 : index));
        const parts = partLines(recordLines({ runs: [run, run] }), of);
        const lines = await merged(named.map((index) => parts[index] ?? []));
        const present = [...new Set(named)].map((index) => ({ number: index + 1, of }));
        const seen = lines.filter(isObservation);
        expect(new Set(seen.map((line) => `${line.run} ${line.index}`)).size).toBe(seen.length);
        const shares = present.map((part) => shareOf(count, part));
        expect(seen).toHaveLength(2 * shares.reduce((sum, share) => sum + share, 0));
        const { verdict, trials } = conclusionOf(lines);
        expect(trials).toBe(2 * shares.reduce((sum, share) => sum + share - 1, 0));
        expect(verdict).toBe(isShared ? "shared" : trials > 0 ? "isolated" : "inconclusive");
        expect(lines.at(-1)).toMatchObject({ run: null, ...conclusionOf(lines) });
        // The merged record is one of parts, too.
        expect(await merged([lines, ...parts])).toEqual(
          expect.arrayContaining(seen as RecordLine[]),
        );
        expect(await merged([lines, lines])).toEqual(lines);
      },
    ),
    { numRuns: inputs(100, 2_000) },
  );
});

test("what a cut record lacks is taken from a whole copy of it", async () => {
  const run = burst(6, (index) => index);
  const [one = [], two = []] = partLines(recordLines({ runs: [run, run] }), 2);
  const whole = await merged([one, two]);
  const mended = await merged([two.slice(0, 3), one, two]);
  const inOrder = (lines: readonly RecordLine[]) =>
    lines
      .filter(isObservation)
      .toSorted((a, b) => `${a.run}${a.index}`.localeCompare(`${b.run}${b.index}`));
  expect(inOrder(mended)).toEqual(inOrder(whole));
});

const RUN = burst(6, (index) => index);
const PARTS = partLines(recordLines({ runs: [RUN, RUN] }), 3);

function first([line]: readonly RecordLine[]): RunLine {
  if (line?.type !== "run") throw new Error("a record begins with a run");
  return line;
}

/** Changes the lines that begin runs. */
function begins(lines: readonly RecordLine[], change: object): RecordLine[] {
  return lines.map((line) => (line.type === "run" ? { ...line, ...change } : line));
}

/** The record of a part that another process fired, whose shots fell so long after those of the first. */
function firedAgain(lines: readonly RecordLine[], ...lateMs: number[]): RecordLine[] {
  const { startedAt } = first(lines);
  return lines.map((line) => {
    if (line.type === "observation") return { ...line, requestId: `${lateMs} ${line.requestId}` };
    if (line.type !== "run") return line;
    const at = Date.parse(startedAt) + (lateMs[line.index] ?? 0);
    return { ...line, startedAt: new Date(at).toISOString() };
  });
}

test("which shots count of a part that was fired twice does not depend on the order of the files", async () => {
  const [one = [], two = [], three = []] = PARTS;
  const inTime = firedAgain(two, 20, 60);
  const files = [one, inTime, firedAgain(two, 2_500, 10), firedAgain(two, -900, 60), three];
  const whole = await merged([...files, firedAgain(one, 0, 0)]);
  await fc.assert(
    fc.asyncProperty(
      fc.shuffledSubarray([...files, firedAgain(one, 0, 0)], { minLength: files.length + 1 }),
      async (shuffled) => {
        expect(await merged(shuffled)).toEqual(whole);
      },
    ),
    { numRuns: inputs(30, 300) },
  );
  // That of one process, though another one's second shot was nearer to its time.
  const counted = whole.filter((line) => "runner" in line && line.runner === "2/3");
  const expected = inTime.filter(({ type }) => type === "run" || type === "observation");
  expect(counted).toEqual(expected);
});

test("what the log said of all parts stays when they are merged again", async () => {
  const checked = [...(await merged(PARTS)), CROSS_CHECK];
  expect(await merged([...PARTS, checked])).toEqual(checked);
  expect(await merged([checked, checked])).toEqual(checked);
});

/** The experiments that are made of files, and what is noted of them. */
async function read(files: readonly (readonly RecordLine[])[]) {
  const folder = temporaryFolder();
  const paths = files.map((lines, index) =>
    writeRecord(folder, `${"abcdef"[index]}.ndjson`, lines),
  );
  const experiments = await readExperiments(paths, {});
  const notes = compareRecords(experiments).notes.join("\n").replaceAll(`${folder}/`, "");
  return { experiments, own: experiments.map(recordNotes), notes };
}

const LATER = "2026-11-23T21:47:02.500Z";

test.each<[string, RecordLine[][], number, RegExp]>([
  [
    "a part that is missing adds no trial",
    [PARTS[0] ?? [], PARTS[2] ?? []],
    4,
    /The experiment has no request of 2\/3 on the record: that adds no trial, .*stays proven\./,
  ],
  [
    "a part that ended early lacks requests",
    [PARTS[0] ?? [], PARTS[1] ?? [], (PARTS[2] ?? []).slice(0, -2)],
    5,
    /Of 3\/3 2 requests are not on the record: that adds no trial\./,
  ],
  [
    "a part that ended between its runs lacks one",
    [PARTS[0] ?? [], PARTS[1] ?? [], (PARTS[2] ?? []).slice(0, 3)],
    5,
    /The experiment has no request of 3\/3 in run 2 on the record/,
  ],
  [
    "a part that started late may not have met the others",
    [PARTS[0] ?? [], begins(PARTS[1] ?? [], { startedAt: LATER }), PARTS[2] ?? []],
    6,
    /By its own clock 2\/3 fired 2\.50 s late at most \(run 1\)\. Requests of different runners may hardly have met/,
  ],
  [
    "what a runner fired again is left out",
    [...PARTS, begins(PARTS[1] ?? [], { startedAt: LATER })],
    6,
    /d\.ndjson: Left out: what 2\/3 fired again/,
  ],
  [
    "requests of two runners that fired the same part count once",
    [
      ...PARTS,
      (PARTS[1] ?? []).map((line) =>
        isObservation(line) ? { ...line, requestId: "another" } : line,
      ),
    ],
    6,
    /b\.ndjson: Left out: 4 requests with numbers of others that count\. Two runners may/,
  ],
])("%s", async (_, files, trials, words) => {
  const { experiments, notes } = await read(files);
  expect(experiments.map(({ experiment }) => experiment?.conclusion)).toMatchObject([
    { verdict: "isolated", trials },
  ]);
  expect(notes).toMatch(words);
});

test("parts that are whole and in time have no note but that of their clocks", async () => {
  const { own } = await read(PARTS);
  expect(own).toEqual([[expect.stringMatching(/^3 runners fired the experiment/)]]);
});

const plan = { ...first(PARTS[1] ?? []).plan, holdMs: 100 };
const target = { ...first(PARTS[1] ?? []).target, deployment: "sha-of-other-code" };

test.each([
  ["time", { startAt: LATER }],
  ["plan", { plan }],
  ["target", { target }],
  ["parts", { runners: ["1/4", "2/3"] }],
])("a part with another %s is not merged, and that is said", async (what, change) => {
  const other = begins(PARTS[1] ?? [], change);
  const { experiments, notes } = await read([PARTS[0] ?? [], other, PARTS[2] ?? []]);
  expect(experiments.map(({ path }) => path.match(/\w\.ndjson/g))).toEqual([
    ["a.ndjson", "c.ndjson"],
    ["b.ndjson"],
  ]);
  expect(notes).toContain(
    `have the id of one experiment and differ in its ${what}: they are not merged`,
  );
});

test("parts of two experiments and records of one runner each find their own", async () => {
  const alone = recordLines({ id: "alone", runs: [RUN] });
  const others = partLines(recordLines({ id: "other", runs: [RUN] }), 2);
  const [one = [], two = [], three = []] = PARTS;
  const [first = [], second = []] = others;
  const { experiments } = await read([two, first, alone, three, second, one]);
  expect(experiments.map(({ id, experiment }) => [id, experiment?.runnerCount])).toEqual([
    ["alone", 1],
    ["e", 3],
    ["other", 2],
  ]);
});
