/** `npm run check-handler`, as its users run it. */

import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import type { CheckReport } from "../../check/reports/report.ts";
import {
  descendantsOf,
  ROOT,
  type Running,
  resultOf,
  start,
  temporaryFile,
  temporaryFolder,
  untilBelow,
  untilEnded,
} from "../processes.ts";
import { report } from "../programs.ts";

const SCHEMA = readFileSync(join(ROOT, "check/report.schema.json"), "utf8");
const isReport = new Ajv2020({ validateFormats: false }).compile<CheckReport>(JSON.parse(SCHEMA));

const EVENTS = ["ana", "bo"].map((name) => ({
  name,
  headers: { authorization: `Bearer secret-of-${name}` },
  body: { user: `${name}@example.com` },
}));

const MIXES = `
  let user;
  export const handler = async (event) => {
    user = JSON.parse(event.body).user;
    console.log("serving", user, event.headers.authorization);
    await new Promise((resolve) => setTimeout(resolve, 20));
    const headers = { "set-cookie": "id=" + user.length, "content-type": "application/json" };
    const body = { user, token: event.headers.authorization, note: "<script>" };
    return { statusCode: 200, headers, body: JSON.stringify(body) };
  };`;

const COUNTS = `
  let counter = 0;
  exports.handler = async (event) => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    return { user: JSON.parse(event.body).user, counter: ++counter };
  };`;

interface Checked extends Running {
  /** What is in the folder for temporary files, which nobody else uses. */
  temporary: () => string[];
}

function startCheck(source: string, args: readonly string[], name = "index.mjs"): Checked {
  const code = dirname(temporaryFile(name, source));
  const events = temporaryFile("events.json", JSON.stringify(EVENTS));
  const temporary = temporaryFolder();
  const all = ["--code", code, "--events", events, ...args];
  const running = start("check-handler", all, {
    TMPDIR: temporary,
    LAMBDA_CONCURRENCY_TEST_DATA: temporaryFolder(),
  });
  return { ...running, temporary: () => readdirSync(temporary) };
}

/** Runs a check to its end, which leaves nothing behind. */
async function check(source: string, args: readonly string[], name?: string) {
  const checked = startCheck(source, ["--yes", ...args], name);
  const result = await resultOf(checked);
  expect(checked.temporary()).toEqual([]);
  return result;
}

test("a handler that mixes requests is told with place, value, round and log, and no secret", async () => {
  const { code, stdout } = await check(MIXES, ["--seed", "1", "--rounds", "2"]);
  expect(code).toBe(4);
  expect(stdout).toMatch(/^Each event happens \d+ times, and so does whatever it does outside/m);
  expect(stdout).toMatch(/^MIXED {2}/m);
  expect(stdout).toMatch(
    /^MIXED AT ONCE: the answer to "(ana|bo)" held what belongs to "(ana|bo)"/m,
  );
  expect(stdout).toMatch(/^ {4}alone {4}"ana@example\.com"$/m);
  expect(stdout).toMatch(/^ {4}at once {2}"bo@example\.com", which belongs to "bo"$/m);
  expect(stdout).toMatch(
    /^ {4}\[ana\] INFO serving ana@example\.com Bearer \[authorization of ana\]$/m,
  );
  expect(stdout).toMatch(/--seed 1 repeats it/);
  expect(stdout).not.toContain("secret-of");

  // What is recorded, and reported of it, says the same.
  const [, record = ""] = /^Record: (.*)$/m.exec(stdout) ?? [];
  expect(statSync(record).mode & 0o777).toBe(0o600);
  const recorded: unknown = JSON.parse(readFileSync(record, "utf8"));
  assert(isReport(recorded), JSON.stringify(isReport.errors));
  expect(recorded.findings.find(({ event }) => event === "ana")?.answers).toMatchObject({
    alone: {
      headers: { "set-cookie": "id=[set-cookie id of ana]" },
      body: { user: "ana@example.com" },
    },
    now: { status: 200, body: { user: "bo@example.com", note: "<script>" } },
  });
  expect(JSON.parse((await report(record, "--format", "json")).stdout)).toEqual(recorded);
  expect(stdout).toContain((await report(record, "--format", "text")).stdout);
  const { stdout: page } = await report(record, "--format", "html");
  expect(page).toMatch(/holds "bo@example\.com", which belongs to "bo"/);
  expect(page).toContain("&lt;script&gt;");
  expect(page).not.toMatch(/<script|secret-of/);
  expect(await report(record, "--format", "csv")).toMatchObject({ code: 2, stdout: "" });
});

test("a CommonJS handler that counts is changed by what came before, which only --strict minds", async () => {
  const args = ["--json", "--rounds", "2", "--strict"];
  const { code, stdout, stderr } = await check(COUNTS, args, "index.js");
  const report: unknown = JSON.parse(stdout);
  expect(isReport(report), JSON.stringify(isReport.errors)).toBe(true);
  expect(report).toMatchObject({ verdict: "history", findings: [{ phase: "in turn" }, {}] });
  expect(stderr).toMatch(/^2 events at managed-instances/);
  expect(code).toBe(4);
});

test("a server that mixes requests is told as one, its own requests to another server are not counted", async () => {
  const source = `
    import { createServer } from "node:http";
    import { json } from "node:stream/consumers";
    let user;
    const other = createServer((request, response) => {
      setTimeout(() => response.end(user), 20);
    }).listen(0, "127.0.0.1");
    createServer(async (request, response) => {
      user = (await json(request)).user;
      const { headers: { authorization, "lambda-web-request-id": id } } = request;
      const headers = { "lambda-web-request-id": id };
      const kept = await fetch("http://127.0.0.1:" + other.address().port, { headers });
      response.end(JSON.stringify({ user: await kept.text(), authorization }));
    }).listen(3000);`;
  const args = ["--model", "web-function", "--json", "--rounds", "2"];
  const { code, stdout } = await check(source, [...args, "--handler", "server.mjs"], "server.mjs");
  const report: unknown = JSON.parse(stdout);
  expect(isReport(report), JSON.stringify(isReport.errors)).toBe(true);
  expect(report).toMatchObject({
    model: "web-function",
    verdict: "mixed",
    findings: expect.arrayContaining([
      expect.objectContaining({
        phase: "at once",
        places: [expect.objectContaining({ place: "/body/user" })],
      }),
    ]),
    atOnce: { rounds: 4, pairs: 4, most: 2 },
  });
  expect(stdout).not.toContain("secret-of");
  expect(code).toBe(4);
});

test("variables are set, and delays may be left out", async () => {
  const file = temporaryFile("variables", "# a comment\nVARIABLE=another\nOTHER='of the file'\n");
  const out = join(temporaryFolder(), "check.json");
  const args = ["--env-file", file, "--env", "VARIABLE=value of it", "--no-delays", "--json"];
  const source = `
    const { VARIABLE, OTHER } = process.env;
    if (VARIABLE !== "value of it" || OTHER !== "of the file") throw new Error("no variable");
    export const handler = async (event) => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      return { user: JSON.parse(event.body).user, at: Date.now() };
    };`;
  const { code, stdout } = await check(source, [...args, "--rounds", "1", "--out", out]);
  expect(JSON.parse(stdout)).toEqual(JSON.parse(readFileSync(out, "utf8")));
  expect(JSON.parse(stdout)).toMatchObject({
    delays: false,
    verdict: "unchanged",
    events: [{ volatile: ["/body/at"] }, { volatile: ["/body/at"] }],
  });
  expect(code).toBe(0);
});

test("an event that fails alone makes it inconclusive, and says how it fails", async () => {
  const source = `export const handler = async () => {
    Promise.reject(new Error("no queue"));
    await new Promise((resolve) => setTimeout(resolve, 9_000));
  };`;
  const { code, stdout } = await check(source, []);
  expect(stdout).not.toContain("never waits");
  expect(stdout).toMatch(
    /^- "ana" fails when it is served alone: 502 .*Runtime worker thread ended/m,
  );
  expect(stdout).toMatch(/^ {4}.*ERROR Nobody caught this: .*no queue/m);
  expect(stdout).toMatch(/^- Fewer than two events are left/m);
  expect(code).toBe(3);
});

test("code that does not start fails the check with its log, and says what it is not given", async () => {
  const source = `console.error("TABLE is not set"); process.exit(1);`;
  const { code, stderr } = await check(source, []);
  expect(stderr).toMatch(/^error: The code could not be initialized: Runtime\.ExitError/);
  expect(stderr).toMatch(/^ {4}ERROR TABLE is not set$/m);
  expect(stderr).toMatch(/no variables but those of --env/);
  expect(code).toBe(1);
});

test("code that is not there is told before anybody is asked, with what is there", async () => {
  const { code, stdout, stderr } = await resultOf(startCheck("", [], "index.ts"));
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toMatch(/^error: The handler index\.handler is not in .*It holds index\.ts\. /);
});

test("where nobody can be asked, nothing is checked unasked", async () => {
  const { code, stderr } = await resultOf(startCheck(MIXES, []));
  expect(code).toBe(2);
  expect(stderr).toMatch(/^error: Nobody is here to be asked: pass --yes/);
});

test("code that is edited meanwhile fails the check", async () => {
  const source = `
    import { writeFile } from "node:fs/promises";
    export const handler = () => writeFile(import.meta.dirname + "/" + crypto.randomUUID(), "");`;
  const { code, stderr } = await check(source, ["--rounds", "1"]);
  expect(stderr).toMatch(/^error: The code in .* was edited while it was checked/m);
  expect(code).toBe(1);
});

test("an interrupted check ends in order, and leaves nothing behind", async () => {
  const source =
    "export const handler = () => new Promise((resolve) => setTimeout(resolve, 9_000));";
  const { pid, child, ended, stderr, temporary } = startCheck(source, ["--yes"]);
  await untilBelow(pid, 2);
  const processes = descendantsOf(pid);
  child.kill("SIGINT");
  expect(await ended).toBe(130);
  expect(stderr()).toContain("Interrupted: nothing was recorded.");
  await untilEnded(processes);
  expect(temporary()).toEqual([]);
});
