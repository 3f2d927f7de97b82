import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startServer } from "../http-server.ts";
import { start, temporaryFolder } from "../processes.ts";
import { linesOf } from "../record-lines.ts";
import { openScreen } from "../screen/open-screen.ts";
import { KEYS, Terminal } from "../screen/terminal.ts";
import {
  canPretend,
  NAMELESS_USER,
  program,
  readOnlyDisk,
  run,
  smallDisk,
} from "./another-machine.ts";
import { answerAlone, answerNow } from "./own-process-each.ts";
import { onlyObservations, recordsIn, wholeLines } from "./recorded-run.ts";

const EXPERIMENT = "experiment/command/run-experiment.ts";

/** A record of two runs, whole. */
async function aRecord(data: string): Promise<string> {
  const { url } = await startServer(answerAlone);
  const env = { LAMBDA_CONCURRENCY_TEST_DATA: data };
  expect(await start(EXPERIMENT, ["--target", url.href], env).ended).toBe(0);
  return recordsIn(data).at(-1) ?? "";
}

test("a record that was cut in the middle is read up to its last whole line", async () => {
  const data = temporaryFolder();
  const path = await aRecord(data);
  const bytes = readFileSync(path);
  const text = bytes.toString();
  // In the second run's third answer, between two bytes of a character as likely as not.
  const third = text.split("\n").slice(0, 10).join("\n").length;
  writeFileSync(path, bytes.subarray(0, third + 100));

  const report = start("experiment/command/report-records.ts", [path]);
  expect(await report.ended).toBe(0);
  expect(report.stdout()).toMatch(/^Note: Of run 2 of the experiment 2 of 5 requests are on the/m);
  expect(report.stdout()).toMatch(
    /^Note: The record of the experiment ends before its runner con/m,
  );
  expect(report.stdout()).toMatch(/^ISOLATED {2}7 environments served 7 requests/m);

  const { terminal } = await openScreen({ data });
  terminal.press("h");
  await terminal.shows(/not concluded/);
  terminal.press(KEYS.enter);
  const shown = await terminal.shows(/This record ends before its experiment did\./);
  expect(shown).toMatch(/run 2 of 2 · cold · 2 of 5/);
  expect(shown).not.toMatch(/in flight/);

  writeFileSync(path, bytes.subarray(0, 100));
  const nothing = start("experiment/command/report-records.ts", [path]);
  expect(await nothing.ended).toBe(2);
  expect(nothing.stderr()).toMatch(/cannot be read as a record: it holds no line of one\.\nCheck/);
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
  const runners = [1, 2].map(() => start(EXPERIMENT, args, { LAMBDA_CONCURRENCY_TEST_DATA: data }));
  for (const runner of runners) expect(await runner.ended).toBe(0);
  expect(recordsIn(data)).toHaveLength(2);
  for (const { stdout } of runners) {
    const path = /^Record: (.*)$/m.exec(stdout())?.[1] ?? "";
    const lines = linesOf(readFileSync(path, "utf8"));
    expect(lines.map(({ type }) => type).join(" ")).toBe(
      `run ${"observation ".repeat(5)}verdict verdict`,
    );
    expect(lines.at(-1)).toMatchObject({ verdict: "isolated", outcomes: { ok: 5 } });
  }
  const { terminal } = await openScreen({ data });
  terminal.press("h");
  await terminal.shows(/(http:\/\/127.* 5 +5 +ISOLATED.*\n.*){2}/);
});

test.skipIf(!canPretend)(
  "when the disk is full, what was recorded stays, and the next step is said",
  async () => {
    const { url } = await startServer(answerNow);
    const [data, kept] = [temporaryFolder(), temporaryFolder()];
    const plan = ["--target", url.href, "--requests", "100", "--hold", "100ms"];
    const full = run([...smallDisk(16, data, kept), ...program(EXPERIMENT, ...plan)], data);
    expect(await full.ended).toBe(1);
    const said =
      /The record .*\.ndjson cannot be continued: ENOSPC.*\n?Make room on the disk and run/;
    expect(recordsIn(data)).toEqual([]);
    expect(full.stderr()).toMatch(said);
    const lines = linesOf(readFileSync(recordsIn(kept)[0] ?? "", "utf8"));
    expect(onlyObservations(lines).length).toBeGreaterThan(5);
    expect(lines.filter(({ type }) => type === "verdict")).toEqual([]);

    const screen = smallDisk(16, data, temporaryFolder());
    const terminal = await openOn([...screen, ...program("tui/start-screen.ts", ...plan)], data);
    terminal.press(KEYS.enter);
    const text = await terminal.shows(/FAILED[\s\S]*Make room/);
    expect(text.replaceAll(/\s+/g, " ")).toMatch(said);
    terminal.press("h");
    await terminal.shows(/http:\S+ +200 +not concluded/);
    terminal.press("q");
    await terminal.exited;
  },
);

async function openOn([command = "", ...args]: readonly string[], data?: string) {
  const env = data === undefined ? {} : { LAMBDA_CONCURRENCY_TEST_DATA: data };
  const terminal = new Terminal(command, args, { env, rows: 30 });
  onTestFinished(() => terminal.dispose());
  await terminal.shows(/⏎ fire/);
  return terminal;
}

test.skipIf(!canPretend)(
  "on a disk that is read-only nothing is fired, and the way out is said",
  async () => {
    const { url, requests } = await startServer(answerAlone);
    const data = temporaryFolder();
    const args = ["--target", url.href, "--runs", "1"];
    const refused = run([...readOnlyDisk(data), ...program(EXPERIMENT, ...args)], data);
    expect(await refused.ended).toBe(1);
    const said =
      /^error: The record \S+ cannot be written: EROFS: read-only file system.*\nName a file with --out, or a folder with the variable LAMBDA_CONCURRENCY_TEST_DATA\.\n$/;
    expect(refused.stderr()).toMatch(said);
    expect(requests).toEqual([]);
    const out = join(temporaryFolder(), "record.ndjson");
    const elsewhere = program(EXPERIMENT, ...args, "--out", out);
    expect(await run([...readOnlyDisk(data), ...elsewhere], data).ended).toBe(0);
    expect(wholeLines(out).at(-1)).toMatchObject({ verdict: "isolated", outcomes: { ok: 5 } });
    expect(readdirSync(data)).toEqual([]);
  },
);

test.skipIf(!canPretend)(
  "who has no home folder is told to name one, and then has all that others have",
  async () => {
    const { url, requests } = await startServer(answerAlone);
    const args = ["--target", url.href, "--runs", "1"];
    const homeless = run([...NAMELESS_USER, ...program(EXPERIMENT, ...args)]);
    expect(await homeless.ended).toBe(1);
    expect(homeless.stderr()).toBe(
      "error: There is no folder to keep records in: this user has no home folder.\n" +
        "Name a folder with the variable LAMBDA_CONCURRENCY_TEST_DATA.\n",
    );
    expect(requests).toEqual([]);
    const data = temporaryFolder();
    const settled = run([...NAMELESS_USER, ...program(EXPERIMENT, ...args)], data);
    expect(await settled.ended).toBe(0);
    expect(wholeLines(recordsIn(data)[0]).at(-1)).toMatchObject({ verdict: "isolated" });
    const terminal = await openOn(
      [...NAMELESS_USER, ...program("tui/start-screen.ts", ...args)],
      data,
    );
    terminal.press("e");
    await terminal.shows(/▸ Clients/);
    terminal.press(KEYS.enter);
    await terminal.shows(/⏎ fire/);
    expect(existsSync(join(data, "settings.json"))).toBe(true);
    terminal.press("h");
    await terminal.shows(/ISOLATED/);
  },
);
