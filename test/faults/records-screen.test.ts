import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../processes.ts";
import { linesOf } from "../record-lines.ts";
import { burst, CROSS_CHECK, recordLines, writeRecord } from "../report/records.ts";
import { openScreen } from "../screen/open-screen.ts";
import { KEYS, type Terminal } from "../screen/terminal.ts";
import { waitUntil } from "../wait-until.ts";
import { makePipe } from "./make-pipe.ts";

/** A disk on which folders are not listed, or files not opened, as long as its mark exists. */
function slowDisk(what: "readdir" | "open"): { preload: string; mark: string } {
  const folder = temporaryFolder();
  const [preload, mark] = [join(folder, "disk.mjs"), join(folder, "slow")];
  writeFileSync(
    preload,
    `import { existsSync } from "node:fs";
     import fs from "node:fs/promises";
     import { syncBuiltinESMExports } from "node:module";
     import { setTimeout } from "node:timers/promises";
     const { ${what}: quickly } = fs;
     fs.${what} = async (...args) => {
       while (existsSync(${JSON.stringify(mark)})) await setTimeout(10);
       return quickly(...args);
     };
     syncBuiltinESMExports();`,
  );
  return { preload, mark };
}

/** A folder with a record for each hour that is named. */
function dataOf(...hours: number[]): { data: string; record: (hour: number) => string } {
  const data = temporaryFolder();
  const folder = join(data, "records");
  mkdirSync(folder);
  const record = (hour: number) => {
    const lines = recordLines({
      id: `e${hour}`,
      runs: [burst(hour, (index) => index)],
      target: { kind: "url", url: `http://hour-${hour}/` },
    });
    const startedAt = `2026-11-23T${hour}:00:00.000Z`;
    const dated = lines.map((line) => (line.type === "run" ? { ...line, startedAt } : line));
    return writeRecord(folder, `${hour}.ndjson`, dated);
  };
  hours.forEach(record);
  return { data, record };
}

test("while the history asks about a record, no other one comes into its place", async () => {
  const { data, record } = dataOf(10, 11, 12);
  const names = () => readdirSync(join(data, "records")).sort();
  const { preload, mark } = slowDisk("readdir");
  const { terminal } = await openScreen({ data, nodeArgs: ["--import", preload] });
  terminal.press("h");
  await terminal.shows(/▸ .*hour-12.*\n.*hour-11.*\n.*hour-10/);
  writeFileSync(mark, "");
  await answerYes(terminal);
  // The row is gone at once; the list that follows is on its way.
  await terminal.shows(/▸ .*hour-11.*\n.*hour-10/);
  terminal.press("d");
  await terminal.shows(/y delete it for good/);
  record(13);
  rmSync(mark);
  await terminal.shows(/hour-13.*\n▸ .*hour-11.*\n.*hour-10[\s\S]*y delete it for good/);
  terminal.press("y");
  await waitUntil("the record to go", () => !names().includes("11.ndjson"));
  await terminal.shows(/hour-13.*\n▸ .*hour-10/);
  expect(names()).toEqual(["10.ndjson", "13.ndjson"]);

  // Of a record that vanishes nothing is asked any more.
  record(11);
  terminal.press(KEYS.escape);
  await terminal.shows(/⏎ fire/);
  terminal.press("h");
  await terminal.shows(/▸ .*hour-13.*\n.*hour-11.*\n.*hour-10/);
  writeFileSync(mark, "");
  await answerYes(terminal);
  await terminal.shows(/▸ .*hour-11.*\n.*hour-10/);
  terminal.press("d");
  await terminal.shows(/y delete it for good/);
  rmSync(join(data, "records", "11.ndjson"));
  rmSync(mark);
  await terminal.shows(/Pooled\n▸ .*hour-10[\s\S]*d delete/);
  terminal.press("y");
  terminal.press("?");
  await terminal.shows(/Keys\n/);
  expect(names()).toEqual(["10.ndjson"]);
});

async function answerYes(terminal: Terminal): Promise<void> {
  terminal.press("d");
  await terminal.shows(/y delete it for good/);
  terminal.press("y");
}

test("a record whose verdict lines were edited is shown by its observations, and what differs is said", async () => {
  const { data, record } = dataOf(10);
  const edited = linesOf(readFileSync(record(10), "utf8")).map((line) => {
    const absurd = { bound: 1e-300, wallMs: 1e300, trials: 9_000, environments: 77 };
    return line.type === "verdict" ? { ...line, ...absurd } : line;
  });
  const [first] = edited;
  const doubt = {
    ...CROSS_CHECK,
    experiment: first?.type === "run" ? first.experiment : "",
    agreement: false,
    differences: ["1 request is not in the log."],
  };
  writeRecord(join(data, "records"), "10.ndjson", [...edited, doubt]);
  const { terminal } = await openScreen({ data, columns: 120 });
  terminal.press("h");
  await terminal.shows(/hour-10.* 10 +10 +ISOLATED/);
  terminal.press(KEYS.enter);
  const shown = await terminal.shows(/ISOLATED[\s\S]*⏎ fire your plan/);
  expect(shown).toMatch(/ISOLATED {2}10 environments served 10 requests, never two at once\./);
  expect(shown).toMatch(/9 requests ran while another ran, .*sharing below 28 %/);
  // What the log says weighs more than a note on the record.
  expect(shown.replaceAll(/\s+/g, " ")).toMatch(/DISAGREEMENT .*The record's own verdict/);
  expect(shown.replaceAll(/\s+/g, " ")).toContain(
    "The record's own verdict over the experiment differs from what its observations say, which is " +
      "what is reported: environments 77 instead of 10, trials 9,000 instead of 9.",
  );
  // An absurd time neither: the axis is that of the answers.
  expect(shown).toMatch(/run 1 of 1 · 5\.31 s/);
});

test("a record that became a pipe since it was listed is refused, and the screen goes on", async () => {
  const { data } = dataOf(10, 11);
  const { terminal } = await openScreen({ data, columns: 120 });
  terminal.press("h");
  await terminal.shows(/▸ .*hour-11.*\n.*hour-10/);
  const path = join(data, "records", "11.ndjson");
  rmSync(path);
  makePipe(path);
  terminal.press(KEYS.enter);
  const refused = await terminal.shows(/FAILED[\s\S]*Check that it is a record[\s\S]*⏎ fire/);
  expect(refused.replaceAll(/\s+/g, " ")).toMatch(
    /11\.ndjson cannot be read as a record: it is no regular file\. Check/,
  );
  terminal.press("h");
  await terminal.shows(/Pooled\n▸ .*hour-10/);
  terminal.press("q");
  expect(await terminal.exited).toBe(1);
});

test("Esc stops the saving of a report, of which nothing stays then", async () => {
  const { data } = dataOf(10);
  const cwd = temporaryFolder();
  const { preload, mark } = slowDisk("open");
  const { terminal } = await openScreen({ data, cwd, nodeArgs: ["--import", preload] });
  terminal.press("h");
  await terminal.shows(/▸ .*hour-10/);
  terminal.press(KEYS.enter);
  await terminal.shows(/ISOLATED[\s\S]*⏎ fire your plan/);
  writeFileSync(mark, "");
  terminal.press("s");
  await terminal.shows(/Esc stop/);
  terminal.press(KEYS.escape);
  await waitUntil("Esc to be seen", () => !/Esc stop|⏎ fire/.test(terminal.text));
  rmSync(mark);
  await terminal.shows(/It was stopped: no report was saved\.[\s\S]*⏎ fire your plan/);
  expect(readdirSync(cwd)).toEqual([]);
  expect(terminal.text).not.toMatch(/FAILED/);

  // Who leaves meanwhile waits no longer, and for nothing but what is under way.
  writeFileSync(mark, "");
  terminal.press("s");
  await terminal.shows(/Esc stop/);
  terminal.press("q");
  await terminal.shows(/^Waiting for what is under way to end …/m);
  rmSync(mark);
  expect(await terminal.exited).toBe(0);
  expect(readdirSync(cwd)).toEqual([]);
});

test("who saves a report where nothing can be written is told to start elsewhere", async () => {
  const { data } = dataOf(10);
  const cwd = join(temporaryFolder(), "gone");
  mkdirSync(cwd);
  const { terminal } = await openScreen({ data, cwd, columns: 120 });
  terminal.press("h");
  await terminal.shows(/▸ .*hour-10/);
  terminal.press(KEYS.enter);
  await terminal.shows(/ISOLATED[\s\S]*⏎ fire your plan/);
  rmSync(cwd, { recursive: true });
  terminal.press("s");
  const failed = await terminal.shows(/FAILED[\s\S]*⏎ fire your plan/);
  expect(failed.replaceAll(/\s+/g, " ")).toMatch(
    /10\.html cannot be written: ENOENT: .*\. Start the screen in a folder that can be written to\./,
  );
  expect(failed).not.toMatch(/--out/);
});
