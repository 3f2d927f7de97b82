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
import { crossCheck } from "../../experiment/cross-check.ts";
import {
  canPretend,
  makePipe,
  NAMELESS_USER,
  readOnlyDisk,
  smallDisk,
} from "../another-machine.ts";
import { answerAlone, answerNow, startServer } from "../http-server.ts";
import { temporaryFolder } from "../processes.ts";
import {
  fire,
  linesOf,
  onlyObservations,
  recordsIn,
  report,
  SHORT,
  startExperiment,
  wholeLines,
} from "../programs.ts";
import { editPlan, openScreen } from "../screen/open-screen.ts";
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

test.skipIf(!canPretend)(
  "when the disk is full, what was recorded stays, and the next step is said",
  async () => {
    const { url } = await startServer(answerNow);
    const [data, kept] = [temporaryFolder(), temporaryFolder()];
    const plan = ["--target", url.href, "--requests", "100", "--hold", "100ms"];
    const env = { LAMBDA_CONCURRENCY_TEST_DATA: data };
    const { code, stderr } = await fire(plan, env, smallDisk(16, data, kept));
    expect(code).toBe(1);
    expect(recordsIn(data)).toEqual([]);
    expect(stderr).toMatch(
      /The record .* cannot be continued: ENOSPC.*\nMake room on the disk and run/,
    );
    const lines = linesOf(readFileSync(recordsIn(kept)[0] ?? "", "utf8"));
    expect(onlyObservations(lines).length).toBeGreaterThan(5);
    expect(lines.filter(({ type }) => type === "verdict")).toEqual([]);
  },
);

test.skipIf(!canPretend)(
  "on a disk that is read-only nothing is fired, and the way out is said",
  async () => {
    const { url, requests } = await startServer(answerAlone);
    const data = temporaryFolder();
    const env = { LAMBDA_CONCURRENCY_TEST_DATA: data };
    const args = ["--target", url.href, "--runs", "1"];
    const { code, stderr } = await fire(args, env, readOnlyDisk(data));
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: .* cannot be written: EROFS.*\n.*--out, or a folder/);
    expect(requests).toEqual([]);
    const out = join(temporaryFolder(), "record.ndjson");
    const { verdict } = await fire([...args, "--out", out], env, readOnlyDisk(data));
    expect(verdict).toMatchObject({ outcomes: { ok: 5 } });
    expect(readdirSync(data)).toEqual([]);
  },
);

test("where the system makes no folder, that is said at once and nothing is fired", async () => {
  const { url, requests } = await startServer(answerNow);
  const env = { LAMBDA_CONCURRENCY_TEST_DATA: "/proc/none" };
  const { code, stderr } = await fire(["--target", url.href], env);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^error: The record \/proc\/none\/\S+ cannot be written: ENOENT/);
  expect(requests).toEqual([]);
});

test.skipIf(!canPretend)(
  "a user without a home folder is told to name one, and then has all that others have",
  async () => {
    const { url, requests } = await startServer(answerAlone);
    const args = ["--target", url.href, ...SHORT];
    const homeless = [...NAMELESS_USER, "-u", "LAMBDA_CONCURRENCY_TEST_DATA"];
    expect(await fire(args, {}, homeless)).toMatchObject({
      code: 1,
      stderr:
        "error: There is no folder to keep records in: this user has no home folder.\n" +
        "Name a folder with the variable LAMBDA_CONCURRENCY_TEST_DATA.\n",
    });
    expect(requests).toEqual([]);
    const { data, verdict } = await fire(args, {}, NAMELESS_USER);
    expect(verdict).toMatchObject({ outcomes: { ok: 5 } });
    const { terminal } = await openScreen({ machine: NAMELESS_USER, data });
    await editPlan(terminal);
    await terminal.pressFor("ny", /Johnny/);
    await terminal.pressFor(KEYS.enter, /⏎ fire/);
    expect(existsSync(join(data, "settings.json"))).toBe(true);
    await terminal.pressFor("h", /http:\S+ +5 +5/);
  },
);

test("a record that may be being written is neither cross-checked nor deleted, and loses nothing", async () => {
  const { path, data, finish, stderr } = await heldExperiment();
  await expect(crossCheck(path, AbortSignal.timeout(60_000))).rejects.toMatchObject({
    kind: "record in use",
    facts: { path, purpose: "continue" },
  });
  const { terminal } = await openScreen({ data });
  await terminal.pressFor("h", /not concluded/);
  await terminal.pressFor("d", /delete it for good/);
  await terminal.pressFor("y", /could not be deleted: a runner may still be writing it/);
  expect(existsSync(path)).toBe(true);
  await finish();
  expect(stderr()).toBe("");
  expect(wholeLines(path)).toHaveLength(5);
});

test("two runners in one data folder at once have a record each, and the history has both", async () => {
  const data = temporaryFolder();
  const held: (() => void)[] = [];
  // Nobody is answered before both have fired.
  const { url } = await startServer((request, response) => {
    held.push(() => answerAlone(request, response));
    if (held.length >= 2 * 5) for (const answer of held.splice(0)) answer();
  });
  const args = ["--target", url.href, "--runs", "1"];
  const env = { LAMBDA_CONCURRENCY_TEST_DATA: data };
  const runners = [1, 2].map(() => startExperiment(args, env));
  // The runner that fired first is answered late, and may conclude nothing.
  for (const runner of runners) expect([0, 3]).toContain(await runner.ended);
  const told = runners.map(({ stdout }) => /^Record: (.*)$/m.exec(stdout())?.[1] ?? "");
  expect(told.sort()).toEqual(recordsIn(data));
  for (const path of told) {
    expect(wholeLines(path)).toHaveLength(1 + 5 + 2);
    expect(wholeLines(path).at(-1)).toMatchObject({ type: "verdict", outcomes: { ok: 5 } });
  }
  const { terminal } = await openScreen({ data });
  await terminal.pressFor("h", /(http:\/\/127.* 5 +5 +(ISOLATED|INCONCLUSIVE).*\n.*){2}/);
});
