import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { start, temporaryFolder } from "../processes.ts";
import { linesOf } from "../record-lines.ts";
import { openScreen, recordIn } from "../screen/open-screen.ts";
import { KEYS, Terminal } from "../screen/terminal.ts";
import { HOSTILE_REQUESTS, startHostileServer } from "./hostile-server.ts";
import { BAITS, HARMFUL, harmIn, SEQUENCES, shownIn } from "./hostile-text.ts";
import { onlyObservations, wholeLines } from "./recorded-run.ts";

/** The exit code, since such answers contradict their requests. */
const INCONCLUSIVE = 3;
/** What a spreadsheet takes for a formula. */
const FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "=cmd|'/c calc'!A0"];
const MARKUP = ["<script>alert(1)</script>", "\"'><img src=x onerror=alert(1)>", "</style><style>"];

/** A plan whose name and clients mean harm, in a file of such a name. */
function hostilePlan(requests: number, concurrency = requests): string {
  const path = join(temporaryFolder(), "plan \u001b[31m.json");
  const clients = [...BAITS, ...FORMULAS, ...MARKUP, SEQUENCES];
  const stages = [{ concurrency, requests }];
  writeFileSync(path, JSON.stringify({ name: SEQUENCES, clients, holdMs: 100, stages }));
  return path;
}

/** What stands in the output of a terminal that is neither text nor a sequence of the program's own. */
function strayControls(written: string): string[] {
  const text = written
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    .replaceAll(/\u001b\[[\d;?]*[A-Za-z]|\u001b\]2;[\w ,:]*\u0007|\u001b7|\u001b8|\r|\n/g, "");
  return HARMFUL.filter((character) => text.includes(character)).map((one) => JSON.stringify(one));
}

test("what a server answers and a plan names is text in a terminal, and verbatim on the record", async () => {
  const { url } = await startHostileServer();
  const out = join(temporaryFolder(), "record \u001b[31m\u0085q\u202eQ.ndjson");
  const plan = hostilePlan(HOSTILE_REQUESTS);
  const args = ["--target", url.href, "--plan", plan, "--out", out];
  const terminal = new Terminal(
    process.execPath,
    ["experiment/command/run-experiment.ts", ...args],
    {
      columns: 250,
      env: { LAMBDA_CONCURRENCY_TEST_DATA: temporaryFolder() },
    },
  );
  onTestFinished(() => terminal.dispose());
  expect(await terminal.exited).toBe(INCONCLUSIVE);
  expect(terminal.written).toMatch(/^Record: .*record \\u001b\[31m/m);
  expect(harmIn(terminal.written)).toEqual([]);
  expect(strayControls(terminal.written)).toEqual([]);
  expect(shownIn(terminal.written)).toEqual(HARMFUL);

  const observations = onlyObservations(wholeLines(out));
  const answers = observations.flatMap(({ response }) => response ?? []);
  expect(answers.map(({ globalData }) => globalData.client).toSorted()).toEqual(BAITS.toSorted());
  expect(observations.filter(({ requestId }) => !requestId?.includes("\u009b"))).toEqual([]);

  const reports = ["text", "csv", "html", "json"].map(async (format) => {
    const report = start("experiment/command/report-records.ts", [out, "--format", format]);
    expect(await report.ended).toBe(0);
    const printed = report.stdout();
    expect([...harmIn(printed), ...harmIn(report.stderr())]).toEqual([]);
    expect(strayControls(printed)).toEqual([]);
    return printed;
  });
  const [, csv = "", page = "", json = ""] = await Promise.all(reports);
  expect(csv).toContain("'=1+1");
  expect(csv).not.toMatch(/(^|,)"?[=+@]/m);
  expect(page).toContain("&lt;script&gt;alert(1)");
  expect(page).not.toMatch(/<script|<img|<\/style><style>/);
  expect(page).toMatch(/Content-Security-Policy" content="default-src &#39;none&#39;;/);
  expect(JSON.parse(json).experiment.plan.name).toBe(SEQUENCES);
});

test("the same on standard output as NDJSON is read back as it was, and harmless to a terminal", async () => {
  const { url } = await startHostileServer();
  const out = join(temporaryFolder(), "record.ndjson");
  const args = ["--target", url.href, "--plan", hostilePlan(HOSTILE_REQUESTS), "--out", out];
  const run = start("experiment/command/run-experiment.ts", [...args, "--json"]);
  expect(await run.ended).toBe(INCONCLUSIVE);
  expect(harmIn(run.stdout())).toEqual([]);
  expect(strayControls(run.stdout())).toEqual([]);
  expect(linesOf(run.stdout())).toEqual(linesOf(readFileSync(out, "utf8")));
});

test("what a server answers and a plan names is text on the screen, in every view", async () => {
  const { url } = await startHostileServer();
  const cwd = temporaryFolder();
  const args = ["--target", url.href, "--plan", hostilePlan(HOSTILE_REQUESTS)];
  const { terminal, data } = await openScreen({ args, columns: 240, rows: 60, cwd });
  terminal.press(KEYS.enter);
  await terminal.shows(/INCONCLUSIVE[\s\S]*⏎ fire/);
  for (const key of [KEYS.pageDown, KEYS.pageDown, KEYS.end]) terminal.press(key);
  await terminal.shows(/▸13/);
  terminal.press(KEYS.right);
  await terminal.shows(/log stream[\s\S]*globalData of the latest answer/);
  terminal.press(KEYS.end);
  terminal.press(KEYS.left);
  await terminal.shows(/▸13/);
  for (const [key, shown] of [
    ["s", /Report: \.\/.*\.html/],
    ["h", /When +Target/],
    [KEYS.escape, /s save report/],
    ["t", /⏎ choose/],
    [KEYS.escape, /s save report/],
    ["e", /Ctrl-U clear/],
    [KEYS.escape, /s save report/],
  ] as const) {
    terminal.press(key);
    await terminal.shows(shown);
  }
  terminal.press(KEYS.ctrl("c"));
  expect(await terminal.exited).toBe(0);
  expect(harmIn(terminal.written)).toEqual([]);
  expect(strayControls(terminal.written)).toEqual([]);
  expect(shownIn(terminal.written).length).toBeGreaterThan(HARMFUL.length / 2);
  expect(terminal.title).not.toMatch(/owned/);

  const [page = ""] = readdirSync(cwd);
  expect(page).toMatch(/^[\w.-]+\.html$/);
  expect(harmIn(readFileSync(join(cwd, page), "utf8"))).toEqual([]);
  const answers = onlyObservations(recordIn(data)).flatMap(({ response }) => response ?? []);
  expect(answers.map(({ globalData }) => globalData.client).toSorted()).toEqual(BAITS.toSorted());
});

test("what the handler logs of such clients is one line each, and text where the screen shows it", async () => {
  const requests = BAITS.length;
  const args = ["--model", "web-function", "--plan", hostilePlan(requests)];
  const { terminal, data } = await openScreen({ args, columns: 240, rows: 60 });
  terminal.press(KEYS.enter);
  await terminal.shows(/SHARED[\s\S]*⏎ fire/);
  terminal.press(KEYS.down);
  terminal.press(KEYS.right);
  await terminal.shows(/Log\n {3}\{.*platform\.initStart/);
  terminal.press(KEYS.end);
  await terminal.shows(/step 5 of\s+5/);
  // A line of the log begins with a brace: none was broken in two, or forged.
  expect(terminal.text).not.toMatch(/^ {3}q/m);
  expect(harmIn(terminal.written)).toEqual([]);
  expect(strayControls(terminal.written)).toEqual([]);
  const served = onlyObservations(recordIn(data)).map(({ response }) => response?.client);
  expect(served.toSorted()).toEqual(BAITS.toSorted());
});

/** Arguments end at NUL, and of a line break another line is made. */
const HARM = `${SEQUENCES}${BAITS.join("").replaceAll(/[\0\n]/g, "")}`;

test("what is wrong is named on standard error as text, whatever it is made of", async () => {
  const folder = temporaryFolder();
  const thrower = join(folder, "index.mjs");
  writeFileSync(thrower, `throw new Error(${JSON.stringify(HARM)});`);
  const programs: [program: string, args: string[]][] = [
    ["experiment/command/run-experiment.ts", ["--plan", HARM]],
    ["experiment/command/run-experiment.ts", ["--plan", `${HARM}.json`]],
    ["experiment/command/run-experiment.ts", ["--target", HARM, "--clients", "a"]],
    ["experiment/command/run-experiment.ts", [`--${HARM}`]],
    [
      "experiment/command/run-experiment.ts",
      ["--out", `${folder}/index.mjs/${HARM.replaceAll("/", "")}`],
    ],
    ["experiment/command/report-records.ts", [HARM]],
    ["experiment/command/report-records.ts", [`--${HARM}`]],
    ["tui/start-screen.ts", ["--target", HARM]],
    ["local-lambda/serve.ts", ["--model", "managed-instances", "--code", folder]],
  ];
  const env = { LAMBDA_CONCURRENCY_TEST_DATA: folder };
  const said = programs.map(async ([program, args]) => {
    const run = start(program, args, env);
    expect(await run.ended, `${program} ${args}`).not.toBe(0);
    expect(run.stderr()).not.toBe("");
    expect(harmIn(run.stderr() + run.stdout()), `${program} ${args}`).toEqual([]);
    expect(strayControls(run.stderr()), `${program} ${args}`).toEqual([]);
  });
  await Promise.all(said);
  // Nothing was fired: there is nothing to record.
  expect(readdirSync(folder)).toEqual(["index.mjs"]);
});
