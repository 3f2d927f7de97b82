/** Records while they are written: full disks, meddlers, and machines without a place for them. */

import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  canPretend,
  makePipe,
  NAMELESS_USER,
  readOnlyDisk,
  smallDisk,
} from "../another-machine.ts";
import { answerAlone, answerNow, startServer } from "../http-server.ts";
import { commandOf, run, temporaryFolder } from "../processes.ts";
import {
  linesOf,
  onlyObservations,
  recordsIn,
  report,
  SHORT,
  startExperiment,
  wholeLines,
} from "../programs.ts";
import { editPlan, openScreen, startTerminal } from "../screen/open-screen.ts";
import { KEYS } from "../screen/terminal.ts";
import { waitUntil } from "../wait-until.ts";

/** An experiment that has fired, and is not answered before it is let. */
async function heldExperiment(...args: string[]) {
  const held: (() => void)[] = [];
  const { url } = await startServer((request, response) => {
    held.push(() => answerAlone(request, response));
  });
  const all = ["--target", url.href, "--concurrency", "2", "--runs", "1", ...args];
  const running = startExperiment(all);
  await waitUntil("the burst", () => held.length === 2);
  const finish = () => {
    for (const answer of held) answer();
    return running.ended;
  };
  return { ...running, path: recordsIn(running.data)[0] ?? "", finish };
}

test.each<[string, (folder: string) => void]>([
  ["deleted", (folder) => rmSync(folder, { recursive: true })],
  ["moved away", (folder) => renameSync(folder, join(temporaryFolder(), "moved"))],
])(
  "a record that is %s while it is written stands under its path at the end",
  async (_, meddle) => {
    const { data, finish, record, stdout, stderr } = await heldExperiment();
    meddle(join(data, "records"));
    await finish();
    expect(stderr()).toBe("");
    expect(/^Record: (.*)$/m.exec(stdout())?.[1]).toBe(recordsIn(data)[0]);
    const types = record().map(({ type }) => type);
    expect(types).toEqual(["run", "observation", "observation", "verdict", "verdict"]);
  },
);

test("a record that cannot stand where it was is kept elsewhere, and its path is said", async () => {
  const folder = join(temporaryFolder(), "folder");
  const { data, finish, stderr } = await heldExperiment("--out", join(folder, "r.ndjson"));
  rmSync(folder, { recursive: true });
  writeFileSync(folder, "something else");
  expect(await finish()).toBe(1);
  const [kept = ""] = recordsIn(data);
  expect(stderr()).toMatch(/^error: The record is gone from .*folder.r\.ndjson, and cannot be/);
  expect(stderr()).toContain(`It was kept as ${kept}.\nRead it with: npm run report -- ${kept}`);
  expect(wholeLines(kept)).toHaveLength(5);
});

test.each<[string, number, (path: string) => void, RegExp]>([
  [
    "cut",
    4,
    (path) => truncateSync(path),
    /^error: Somebody cut the record .* \d+ bytes of it are/,
  ],
  [
    "added to",
    5,
    (path) => appendFileSync(path, "garbage\n"),
    /^error: Somebody wrote into the re/,
  ],
  [
    "lengthened",
    5,
    (path) => truncateSync(path, 100_000),
    /^error: Somebody wrote into the record/,
  ],
])(
  "a record that somebody %s is named, and what its runner wrote since is on it",
  async (_, lines, meddle, words) => {
    const { path, finish, stderr } = await heldExperiment();
    const before = statSync(path).size;
    meddle(path);
    const more = statSync(path).size - before;
    expect(await finish()).toBe(1);
    expect(stderr()).toMatch(words);
    if (more > 0)
      expect(stderr()).toContain(`: ${more} bytes in it are not its runner's.\nRun again`);
    const bytes = readFileSync(path);
    const kept = bytes.subarray(0, Math.max(0, before + Math.min(more, 0)));
    const own = Buffer.concat([kept, bytes.subarray(kept.length + Math.max(more, 0))]);
    expect(linesOf(own.toString())).toHaveLength(lines);
  },
);

test("whatever lies in the records folder, experiments end and the history has the others", async () => {
  const { data, finish, stdout, stderr } = await heldExperiment();
  const folder = join(data, "records");
  mkdirSync(join(folder, "folder.ndjson"));
  writeFileSync(join(folder, "endless.ndjson"), "");
  truncateSync(join(folder, "endless.ndjson"), 600 * 2 ** 20);
  makePipe(join(folder, "pipe.ndjson"));
  await finish();
  expect(stderr()).toBe("");
  expect(stdout()).toMatch(/^Record: /m);
  const { terminal } = await openScreen({ data });
  await terminal.pressFor("h", /http:\/\/127\S+ +2 +2 +\w+/);
});

test("a runner that was killed before the first answer has fired, and the report says so", async () => {
  const { child, ended, path } = await heldExperiment();
  child.kill("SIGKILL");
  await ended;
  expect(wholeLines(path).map(({ type }) => type)).toEqual(["run"]);
  const { code, stdout } = await report(path);
  expect(code).toBe(0);
  expect(stdout).toMatch(/Requests were fired, and the runner ended before any of their answers/);
});

/** Runs an experiment on another machine. */
function runOn(machine: string[], args: string[], data?: string) {
  const env = data === undefined ? {} : { LAMBDA_CONCURRENCY_TEST_DATA: data };
  return run([...machine, ...commandOf("experiment", args)], env);
}

test.skipIf(!canPretend)(
  "when the disk is full, what was recorded stays, and the next step is said",
  async () => {
    const { url } = await startServer(answerNow);
    const [data, kept] = [temporaryFolder(), temporaryFolder()];
    const plan = ["--target", url.href, "--requests", "100", "--hold", "100ms"];
    const full = runOn(smallDisk(16, data, kept), plan, data);
    expect(await full.ended).toBe(1);
    const said = /The record .* cannot be continued: ENOSPC.*\n?Make room on the disk and run/;
    expect(recordsIn(data)).toEqual([]);
    expect(full.stderr()).toMatch(said);
    const lines = linesOf(readFileSync(recordsIn(kept)[0] ?? "", "utf8"));
    expect(onlyObservations(lines).length).toBeGreaterThan(5);
    expect(lines.filter(({ type }) => type === "verdict")).toEqual([]);

    const machine = smallDisk(16, data, temporaryFolder());
    const { terminal } = await openScreen({ machine, args: plan, data, rows: 30 });
    const text = await terminal.pressFor(KEYS.enter, /FAILED[\s\S]*Make room/);
    expect(text.replaceAll(/\s+/g, " ")).toMatch(said);
    await terminal.pressFor("h", /http:\S+ +200 +not concluded/);
    terminal.press("q");
    await terminal.exited;
  },
);

test.skipIf(!canPretend)(
  "on a disk that is read-only nothing is fired, and the way out is said",
  async () => {
    const { url, requests } = await startServer(answerAlone);
    const data = temporaryFolder();
    const args = ["--target", url.href, "--runs", "1"];
    const refused = runOn(readOnlyDisk(data), args, data);
    expect(await refused.ended).toBe(1);
    expect(refused.stderr()).toMatch(/^error: .* cannot be written: EROFS.*\n.*--out, or a folder/);
    expect(requests).toEqual([]);
    const out = join(temporaryFolder(), "record.ndjson");
    await runOn(readOnlyDisk(data), [...args, "--out", out], data).ended;
    expect(wholeLines(out).at(-1)).toMatchObject({ type: "verdict", outcomes: { ok: 5 } });
    expect(readdirSync(data)).toEqual([]);
  },
);

test("where the system makes no folder, that is said at once and nothing is fired", async () => {
  const { url, requests } = await startServer(answerNow);
  const data = "/proc/none";
  const running = startExperiment(["--target", url.href], { LAMBDA_CONCURRENCY_TEST_DATA: data });
  expect(await running.ended).toBe(1);
  expect(running.stderr()).toMatch(
    /^error: The record \/proc\/none\/\S+ cannot be written: ENOENT/,
  );
  const { terminal } = await openScreen({ data, target: url.href, rows: 30 });
  await terminal.shows(/The settings in \/proc\/none\S+ cannot\s+be\s+used: ENOENT/);
  terminal.press("q");
  expect(await terminal.exited).toBe(0);
  expect(requests).toEqual([]);
});

test.skipIf(!canPretend)(
  "a user without a home folder is told to name one, and then has all that others have",
  async () => {
    const { url, requests } = await startServer(answerAlone);
    const args = ["--target", url.href, ...SHORT];
    const homeless = runOn(NAMELESS_USER, args);
    expect(await homeless.ended).toBe(1);
    expect(homeless.stderr()).toBe(
      "error: There is no folder to keep records in: this user has no home folder.\n" +
        "Name a folder with the variable LAMBDA_CONCURRENCY_TEST_DATA.\n",
    );
    expect(requests).toEqual([]);
    const data = temporaryFolder();
    expect(await runOn(NAMELESS_USER, args, data).ended).toBe(0);
    expect(wholeLines(recordsIn(data)[0]).at(-1)).toMatchObject({ verdict: "isolated" });
    const terminal = startTerminal([...NAMELESS_USER, ...commandOf("tui", args)], {
      env: { LAMBDA_CONCURRENCY_TEST_DATA: data },
    });
    await terminal.shows(/⏎ fire/);
    await editPlan(terminal);
    await terminal.pressFor(KEYS.enter, /⏎ fire/);
    expect(existsSync(join(data, "settings.json"))).toBe(true);
    await terminal.pressFor("h", /ISOLATED/);
  },
);
