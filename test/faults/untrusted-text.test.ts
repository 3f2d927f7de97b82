/** Text that means harm, from whomever it comes, is text in a terminal and verbatim on the record. */

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { join } from "node:path";
import { expect, test } from "vitest";
import { clientOf, type SeenRequest, startServer } from "../http-server.ts";
import { commandOf, start, temporaryFolder } from "../processes.ts";
import { linesOf, onlyObservations, recordIn, report, wholeLines } from "../programs.ts";
import { openScreen, startTerminal } from "../screen/open-screen.ts";
import { KEYS } from "../screen/terminal.ts";

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

/** C0, DEL and C1. */
const CONTROLS = [...range(0x00, 0x1f), ...range(0x7f, 0x9f)];
/** What reorders: https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters */
const REORDERING = [0x061c, 0x200e, 0x200f, ...range(0x202a, 0x202e), ...range(0x2066, 0x2069)];

const HARMFUL = [...CONTROLS, ...REORDERING].map((code) => String.fromCharCode(code));

/** Each character stands between two markers. */
const between = (character: string) => `q${character}Q`;

/** So many baits that each has so few characters that it is shown whole. */
const PER_BAIT = 6;
const BAITS = Array.from({ length: Math.ceil(HARMFUL.length / PER_BAIT) }, (_, index) =>
  HARMFUL.slice(index * PER_BAIT, (index + 1) * PER_BAIT)
    .map(between)
    .join(""),
);

/** Sequences that work in terminals: a title, a colour, an erased screen, a link, a clipboard, by C1 too. */
const SEQUENCES =
  "\u001b]2;owned\u0007\u001b[31m\u001b[2J\u001b]8;;http://evil.example\u001b\\\u001b]52;c;ZXZpbA==\u0007\u009b31m\u009d2;owned\u009c";

/** By which it is seen that one of them is left. */
const PARTS = ["]2;owned\u0007", "]2;owned\u009c", "\u001b]8;;http://evil", "\u009b31m"];

/** The harmful characters that stand between markers, unescaped, by their codes. */
function harmIn(output: string): string[] {
  const found = HARMFUL.filter((character) => output.includes(between(character)));
  const codes = found.map((character) => `U+${character.charCodeAt(0).toString(16)}`);
  return PARTS.some((part) => output.includes(part)) ? [...codes, "a sequence"] : codes;
}

/** The harmful characters that are shown as their codes. */
function shownIn(output: string): string[] {
  return HARMFUL.filter((character) => {
    const code = `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
    // A line may end anywhere, and a page may have what it takes for markup as an entity.
    return output.replaceAll(/\s+/g, "").includes(`q${code}`);
  });
}

/** How many requests meet everything: answers with an identity, refusals, and what is no answer at all. */
const HOSTILE_REQUESTS = 3 * BAITS.length;

/** Headers may hold the C1 characters, as bytes, and a tab. */
const REQUEST_ID = "id \t\u009b31m\u0085q\u009bQ";

/** Answers with an identity, refusals, and what is no answer at all, in turn. */
async function startHostileServer(): Promise<{ url: URL }> {
  let count = 0;
  return startServer((request, response) => {
    const bait = `${BAITS[Math.floor(count / 3) % BAITS.length]}`;
    const kind = count % 3;
    count += 1;
    response.setHeader("x-amzn-requestid", REQUEST_ID);
    response.setHeader("lambda-web-logstream", REQUEST_ID);
    if (kind === 0) answer(request, response, bait, count);
    else if (kind === 1) {
      response.writeHead(count % 2 === 0 ? 429 : 500);
      response.end(JSON.stringify({ message: bait + SEQUENCES }));
    } else response.end(`${bait}${SEQUENCES}<script>alert(1)</script>`);
  });
}

function answer(request: SeenRequest, response: ServerResponse, bait: string, count: number): void {
  const client = clientOf(request);
  const globalData = { counter: 1, client: bait, clients: [bait, SEQUENCES] };
  const environment = {
    id: `${bait}${SEQUENCES}`,
    instance: `${bait}${count}`,
    pid: count,
    threadId: 0,
    initializedAt: 1,
    initializationType: bait,
    coldStart: true,
    runtime: bait,
    nodeVersion: bait,
    region: bait,
    architecture: bait,
  };
  const invocation = {
    requestId: bait,
    enteredAt: count,
    leftAt: count + 1,
    enteredEpochMs: count,
    leftEpochMs: count + 1,
    inFlightOnEntry: 1,
    inFlightPeak: 1,
    onEntry: { counter: 1, client: bait },
  };
  response.end(JSON.stringify({ client, globalData, message: bait, environment, invocation }));
}

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
  const terminal = startTerminal(commandOf("experiment", args), { columns: 250 });
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
    const { code, stdout, stderr } = await report(out, "--format", format);
    expect([code, ...harmIn(stdout), ...harmIn(stderr)]).toEqual([0]);
    expect(strayControls(stdout)).toEqual([]);
    return stdout;
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
  const run = start("experiment", [...args, "--json"]);
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
  await terminal.pressFor(KEYS.enter, /INCONCLUSIVE[\s\S]*⏎ fire/);
  for (const key of [KEYS.pageDown, KEYS.pageDown, KEYS.end]) terminal.press(key);
  await terminal.shows(/▸13/);
  await terminal.pressFor(KEYS.right, /log stream[\s\S]*globalData of the latest answer/);
  terminal.press(KEYS.end);
  await terminal.pressFor(KEYS.left, /▸13/);
  for (const [key, shown] of [
    ["s", /Report: \.\/.*\.html/],
    ["h", /When +Target/],
    [KEYS.escape, /s save report/],
    ["t", /⏎ choose/],
    [KEYS.escape, /s save report/],
    ["e", /Ctrl-U clear/],
    [KEYS.escape, /s save report/],
  ] as const) {
    await terminal.pressFor(key, shown);
  }
  terminal.press(KEYS.ctrl("c"));
  expect(await terminal.exited).toBe(0);
  expect(harmIn(terminal.written)).toEqual([]);
  expect(strayControls(terminal.written)).toEqual([]);
  expect(shownIn(terminal.written)).toEqual(HARMFUL);
  expect(terminal.titles.join()).not.toMatch(/owned/);

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
  await terminal.pressFor(KEYS.enter, /SHARED[\s\S]*⏎ fire/);
  terminal.press(KEYS.down);
  await terminal.pressFor(KEYS.right, /Log\n {3}\{.*platform\.initStart/);
  await terminal.pressFor(KEYS.end, /step 5 of\s+5/);
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
    ["experiment", ["--plan", HARM]],
    ["experiment", ["--plan", `${HARM}.json`]],
    ["experiment", ["--target", HARM, "--clients", "a"]],
    ["experiment", [`--${HARM}`]],
    ["experiment", ["--out", `${folder}/index.mjs/${HARM.replaceAll("/", "")}`]],
    ["report", [HARM]],
    ["report", [`--${HARM}`]],
    ["tui", ["--target", HARM]],
    ["local-lambda", ["--model", "managed-instances", "--code", folder]],
  ];
  const env = { LAMBDA_CONCURRENCY_TEST_DATA: folder };
  const runs = programs.map(async ([program, args]) => {
    const run = start(program, args, env);
    expect(await run.ended, `${program} ${args}`).not.toBe(0);
    expect(run.stderr()).not.toBe("");
    expect(harmIn(run.stderr() + run.stdout()), `${program} ${args}`).toEqual([]);
    expect(strayControls(run.stderr()), `${program} ${args}`).toEqual([]);
  });
  await Promise.all(runs);
  // Nothing was fired: there is nothing to record.
  expect(readdirSync(folder)).toEqual(["index.mjs"]);
});
