/** Records that were cut, edited or replaced: a report and the screen say so, and go as far as they can. */

import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { expect, test } from "vitest";
import type { RecordLine } from "../../experiment/core/record-lines.ts";
import { makePipe } from "../another-machine.ts";
import { drawn } from "../effort.ts";
import { type Running, start, temporaryFile, temporaryFolder } from "../processes.ts";
import { report, wholeLines } from "../programs.ts";
import { burst, CROSS_CHECK, recordLines, writeRecord } from "../report/records.ts";
import { openScreen } from "../screen/open-screen.ts";
import { KEYS, type Terminal } from "../screen/terminal.ts";
import { waitUntil } from "../wait-until.ts";

/** Two bursts that meet the same five environments. */
const LINES = recordLines({ runs: [burst(5, (index) => index), burst(5, (index) => index)] });

const recordOf = (lines: readonly RecordLine[]) =>
  writeRecord(temporaryFolder(), "r.ndjson", lines);

/** The second run was fired at another deployment. */
const otherCode = (lines: readonly RecordLine[]): RecordLine[] =>
  lines.map((line) =>
    line.type === "run" && line.index === 1
      ? { ...line, target: { ...line.target, deployment: "sha-of-other-code" } }
      : line,
  );

const LONG = "a".repeat(1e6);

test.each<[string, RecordLine[], RegExp[], RegExp?]>([
  [
    "a cross-check that agrees is believed",
    [...LINES, CROSS_CHECK],
    [/^CROSS-CHECKED {2}.*said the same\.$/m],
  ],
  [
    "a cross-check that contradicts itself is a disagreement",
    [...LINES, { ...CROSS_CHECK, differences: ["1 request is in another log stream."] }],
    [
      /^DISAGREEMENT {2}CloudWatch has .*\. 1 request is in another log stre/m,
      /^Note: A cross-check on the record calls itself an agreement and lists/m,
    ],
  ],
  [
    "a cross-check of nothing confirms nothing",
    [...LINES, { ...CROSS_CHECK, requests: 0, streams: 0 }],
    [/^NOT CROSS-CHECKED {2}CloudWatch has 0 requests .* confirms no answer\.$/m],
  ],
  [
    "a cross-check of another experiment is left out",
    [...LINES, { ...CROSS_CHECK, experiment: "another" }],
    [/^Note: Left out: 1 of the record's verdicts and cross-checks, of anot/m],
    /CROSS-CHECKED/,
  ],
  [
    "runs at different deployments have a note",
    otherCode(LINES),
    [/The runs of the experiment were fired at different deployments\. Its verdict is over/],
  ],
  [
    "runs of a control at different deployments have a note",
    otherCode(recordLines({ runs: [], control: [burst(2, () => 9), burst(2, () => 9)] })),
    [/The runs of the control were fired at different deployments\./],
  ],
  [
    "verdict lines that were edited change nothing, and are named",
    LINES.map((line) =>
      line.type === "verdict" ? { ...line, verdict: "shared" as const, trials: 999 } : line,
    ),
    [
      /^ISOLATED {2}5 environments served 10 requests, never two at once\./m,
      /^Note: The record's own verdict over the experiment differs .*: verdict shared instead of isolated, trials 999 instead of 8\.$/m,
    ],
  ],
  [
    "a client of a million characters is told by its beginning",
    recordLines({ runs: [burst(3, (index) => index)], clients: [LONG, "Bo", "Cy"] }),
    [new RegExp(`${"a".repeat(100)}…`)],
    /a{101}/,
  ],
  [
    "requests that are there more than once are counted once",
    LINES.map((line) => (line.type === "observation" ? { ...line, index: 0 } : line)),
    [
      /^Note: Of run 1 of the experiment 1 of 5 requests are on the/m,
      /^Note: Of run 1 of the experiment 4 observations .* repeated/m,
    ],
  ],
])("of a spoilt record %s", async (_, lines, patterns, never = /\n\s+at /) => {
  const { code, stdout } = await report(recordOf(lines));
  expect(code).toBe(0);
  for (const pattern of patterns) expect.soft(stdout).toMatch(pattern);
  expect(stdout).not.toMatch(never);
});

test("a record whose experiments do not stand together is refused in words", async () => {
  const other = recordLines({ id: "other", runs: [burst(1, () => 0)] });
  const { code, stderr } = await report(recordOf([...LINES, ...other, ...LINES]));
  expect(code).toBe(2);
  expect(stderr).toContain("the lines of its experiments do not stand together");
});

test("a record that was cut in the middle is read up to its last whole line", async () => {
  const data = temporaryFolder();
  mkdirSync(join(data, "records"));
  const path = writeRecord(join(data, "records"), "r.ndjson", LINES);
  const text = readFileSync(path, "utf8");
  // In the second run's third answer.
  const third = text.split("\n").slice(0, 10).join("\n").length;
  writeFileSync(path, text.slice(0, third + 100));
  const { stdout } = await report(path);
  expect(stdout).toMatch(/^Note: Of run 2 of the experiment 2 of 5 requests are on the/m);
  expect(stdout).toMatch(/^Note: The record of the experiment ends before its runner con/m);
  expect(stdout).toMatch(/^ISOLATED {2}5 environments served 7 requests/m);

  const { terminal } = await openScreen({ data });
  await terminal.pressFor("h", /not concluded/);
  const shown = await terminal.pressFor(KEYS.enter, /This record ends before its experiment did\./);
  expect(shown).toMatch(/run 2 of 2 · warm · 2 of 5/);
  expect(shown).not.toMatch(/in flight/);
});

const REQUESTS = 200_000;

const sizeOf = (path: string) => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

/** A report of a record that takes a while, which has begun to write its file. */
async function begunReport(out: string): Promise<{ running: Running; record: string }> {
  const aborted = { type: "observation", run: "e/experiment-1", client: "Ana", outcome: "aborted" };
  const observations = Array.from({ length: REQUESTS }, (_, index) =>
    JSON.stringify({ ...aborted, index }),
  );
  const content = [JSON.stringify(LINES[0]), ...observations, ""].join("\n");
  const record = temporaryFile("large.ndjson", content);
  const running = start("report", [record, "--out", out]);
  const folder = dirname(out);
  await waitUntil("the first rows", () =>
    // Its file gets another name in the end.
    readdirSync(folder).some((name) => sizeOf(join(folder, name)) > 0),
  );
  return { running, record };
}

test.each(drawn(["SIGINT", "SIGTERM", "SIGHUP"] as const, 1))(
  "a report that %s ends leaves no part of its file, and the next one is written",
  async (signal) => {
    const out = join(temporaryFolder(), "report.csv");
    const { running, record } = await begunReport(out);
    expect(existsSync(out)).toBe(false);
    running.child.kill(signal);
    expect(await running.ended).toBe(130);
    expect(running.stderr()).toBe("");
    expect(readdirSync(dirname(out))).toEqual([]);
    if (signal !== "SIGINT") return;
    expect((await report(record, "--out", out)).code).toBe(0);
    expect(readFileSync(out, "utf8").match(/\n/g)).toHaveLength(REQUESTS + 1);
    expect(statSync(out).mode & 0o777).toBe(0o600);
    expect(readdirSync(dirname(out))).toEqual([basename(out)]);
  },
);

test("a report that is killed leaves nothing under its name, and one that is overtaken replaces nothing", async () => {
  const out = join(temporaryFolder(), "report.csv");
  const { running: killed } = await begunReport(out);
  killed.child.kill("SIGKILL");
  await killed.ended;
  expect(existsSync(out)).toBe(false);

  const other = join(temporaryFolder(), "report.csv");
  const { running: overtaken } = await begunReport(other);
  overtaken.child.kill("SIGSTOP");
  writeFileSync(other, "somebody else's", { flag: "wx" });
  overtaken.child.kill("SIGCONT");
  expect(await overtaken.ended).toBe(2);
  expect(overtaken.stderr()).toContain(`${other} exists, and is not overwritten.`);
  expect(readFileSync(other, "utf8")).toBe("somebody else's");
  expect(readdirSync(dirname(other))).toEqual([basename(other)]);
});

/** A disk on which folders are not listed, or files not opened, as long as its mark exists. */
function slowDisk(what: "readdir" | "open"): { nodeArgs: string[]; mark: string } {
  const mark = join(temporaryFolder(), "slow");
  const preload = temporaryFile(
    "disk.mjs",
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
  return { nodeArgs: ["--import", preload], mark };
}

/** Writes a record of so many requests at that hour. */
function recordAt(data: string, hour: number): string {
  const lines = recordLines({
    id: `e${hour}`,
    runs: [burst(hour, (index) => index)],
    target: { kind: "url", url: `http://hour-${hour}/` },
  });
  const startedAt = `2026-11-23T${hour}:00:00.000Z`;
  const dated = lines.map((line) => (line.type === "run" ? { ...line, startedAt } : line));
  return writeRecord(join(data, "records"), `${hour}.ndjson`, dated);
}

/** A data folder with a record for each hour that is named. */
function dataOf(...hours: number[]): string {
  const data = temporaryFolder();
  mkdirSync(join(data, "records"));
  for (const hour of hours) recordAt(data, hour);
  return data;
}

async function answerYes(terminal: Terminal): Promise<void> {
  await terminal.pressFor("d", /y delete it for good/);
  terminal.press("y");
}

test("while the history asks about a record, no other one comes into its place", async () => {
  const data = dataOf(10, 11, 12);
  const names = () => readdirSync(join(data, "records")).sort();
  const { nodeArgs, mark } = slowDisk("readdir");
  const { terminal } = await openScreen({ data, nodeArgs });
  await terminal.pressFor("h", /▸ .*hour-12.*\n.*hour-11.*\n.*hour-10/);
  writeFileSync(mark, "");
  await answerYes(terminal);
  // The row is gone at once; the list that follows is on its way.
  await terminal.shows(/▸ .*hour-11.*\n.*hour-10/);
  await terminal.pressFor("d", /y delete it for good/);
  recordAt(data, 13);
  rmSync(mark);
  await terminal.shows(/hour-13.*\n▸ .*hour-11.*\n.*hour-10[\s\S]*y delete it for good/);
  terminal.press("y");
  await waitUntil("the record to go", () => !names().includes("11.ndjson"));
  await terminal.shows(/hour-13.*\n▸ .*hour-10/);
  expect(names()).toEqual(["10.ndjson", "13.ndjson"]);

  // Of a record that vanishes nothing is asked any more.
  recordAt(data, 11);
  await terminal.pressFor(KEYS.escape, /⏎ fire/);
  await terminal.pressFor("h", /▸ .*hour-13.*\n.*hour-11.*\n.*hour-10/);
  writeFileSync(mark, "");
  await answerYes(terminal);
  await terminal.shows(/▸ .*hour-11.*\n.*hour-10/);
  await terminal.pressFor("d", /y delete it for good/);
  rmSync(join(data, "records", "11.ndjson"));
  rmSync(mark);
  await terminal.shows(/Pooled\n▸ .*hour-10[\s\S]*d delete/);
  terminal.press("y");
  await terminal.pressFor("?", /Keys\n/);
  expect(names()).toEqual(["10.ndjson"]);
});

test("on the screen an edited record is shown by its observations, and the log weighs more than a note", async () => {
  const data = dataOf(10);
  const path = join(data, "records", "10.ndjson");
  const edited = wholeLines(path).map((line) => {
    const absurd = { bound: 1e-300, wallMs: 1e300, trials: 9_000, environments: 77 };
    return line.type === "verdict" ? { ...line, ...absurd } : line;
  });
  const differences = ["1 request is not in the log."];
  const doubt = { ...CROSS_CHECK, experiment: "e10", agreement: false, differences };
  writeRecord(dirname(path), "10.ndjson", [...edited, doubt]);
  const { terminal } = await openScreen({ data, columns: 120 });
  await terminal.pressFor("h", /hour-10.* 10 +10 +ISOLATED/);
  const shown = await terminal.pressFor(KEYS.enter, /ISOLATED[\s\S]*⏎ fire your plan/);
  expect(shown).toMatch(/ISOLATED {2}10 environments served 10 requests, never two at once\./);
  expect(shown.replaceAll(/\s+/g, " ")).toMatch(
    /DISAGREEMENT .*The record's own verdict .* environments 77 instead of 10, trials 9,000 instead/,
  );
  // An absurd time neither: the axis is that of the answers.
  expect(shown).toMatch(/run 1 of 1 · 5\.31 s/);
});

test("a record that became a pipe since it was listed is refused, and the screen goes on", async () => {
  const data = dataOf(10, 11);
  const { terminal } = await openScreen({ data, columns: 120 });
  await terminal.pressFor("h", /▸ .*hour-11.*\n.*hour-10/);
  const path = join(data, "records", "11.ndjson");
  rmSync(path);
  makePipe(path);
  await terminal.pressFor(KEYS.enter, /FAILED[\s\S]*it is no\s+regular\s+file[\s\S]*⏎ fire/);
  await terminal.pressFor("h", /Pooled\n▸ .*hour-10/);
  terminal.press("q");
  expect(await terminal.exited).toBe(1);
});

test("Esc stops the saving of a report, of which nothing stays then", async () => {
  const cwd = temporaryFolder();
  const { nodeArgs, mark } = slowDisk("open");
  const { terminal } = await openScreen({ data: dataOf(10), cwd, nodeArgs });
  await terminal.pressFor("h", /▸ .*hour-10/);
  await terminal.pressFor(KEYS.enter, /ISOLATED[\s\S]*⏎ fire your plan/);
  writeFileSync(mark, "");
  await terminal.pressFor("s", /Esc stop/);
  await terminal.pressFor(KEYS.escape, /stopping/);
  rmSync(mark);
  await terminal.shows(/It was stopped: no report was saved\.[\s\S]*⏎ fire your plan/);
  expect(readdirSync(cwd)).toEqual([]);
  expect(terminal.text).not.toMatch(/FAILED/);

  // Leaving meanwhile waits no longer, and for nothing but what is under way.
  writeFileSync(mark, "");
  await terminal.pressFor("s", /Esc stop/);
  await terminal.pressFor("q", /^Waiting for what is under way to end …/m);
  rmSync(mark);
  expect(await terminal.exited).toBe(0);
  expect(readdirSync(cwd)).toEqual([]);
});

test("where no report can be written the screen says to start it elsewhere", async () => {
  const cwd = join(temporaryFolder(), "gone");
  mkdirSync(cwd);
  const { terminal } = await openScreen({ data: dataOf(10), cwd, columns: 120 });
  await terminal.pressFor("h", /▸ .*hour-10/);
  await terminal.pressFor(KEYS.enter, /ISOLATED[\s\S]*⏎ fire your plan/);
  rmSync(cwd, { recursive: true });
  const failed = await terminal.pressFor("s", /FAILED[\s\S]*⏎ fire your plan/);
  expect(failed.replaceAll(/\s+/g, " ")).toMatch(
    /written: ENOENT: .*\. Start the screen in a folder/,
  );
  expect(failed).not.toMatch(/--out/);
});
