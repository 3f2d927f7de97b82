import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { answerPlainly, startServer } from "../http-server.ts";
import { start, temporaryFolder } from "../processes.ts";
import { burst, type Recorded, recordLines, writeRecord } from "../report/records.ts";

interface Result {
  code: number | NodeJS.Signals;
  stdout: string;
  stderr: string;
}

async function report(...args: string[]): Promise<Result> {
  const run = start("experiment/command/report-records.ts", args);
  const code = await run.ended;
  return { code, stdout: run.stdout(), stderr: run.stderr() };
}

/** Five environments serve a cold burst; the second burst finds them in another order. */
const isolated: Recorded = {
  runs: [burst(5, (index) => index), burst(5, (index) => (index + 1) % 5)],
};
const shared: Recorded = { id: "s", runs: [burst(5, () => 0)] };

function record(recorded: Recorded, name = "record.ndjson"): string {
  return writeRecord(temporaryFolder(), name, recordLines(recorded));
}

test("a record may come through a pipe", async () => {
  const program = [process.execPath, "experiment/command/report-records.ts"];
  for (const name of ["/dev/stdin", "-"]) {
    const shell = 'cat "$1" | "$2" "$3" "$4"';
    const piped = execFileSync("sh", ["-c", shell, "sh", record(isolated), ...program, name]);
    expect(piped.toString()).toMatch(/^ISOLATED/m);
  }
});

test("text tells what the experiment told", async () => {
  const data = temporaryFolder();
  const { url } = await startServer(answerPlainly);
  const out = join(data, "record.ndjson");
  const args = ["--target", url.href, "--clients", "Ana,Bo", "--out", out];
  const env = { LAMBDA_CONCURRENCY_TEST_DATA: data };
  const fired = start("experiment/command/run-experiment.ts", args, env);
  await fired.ended;
  const { code, stdout, stderr } = await report(out);
  expect(stderr).toBe("");
  expect(code).toBe(0);
  expect(stdout).toBe(fired.stdout());
});

test("a verdict is computed from the observations, and what differs on the record is said", async () => {
  const lines = recordLines(isolated).map((line) =>
    line.type === "verdict" ? { ...line, verdict: "shared" as const, trials: 999 } : line,
  );
  const path = writeRecord(temporaryFolder(), "forged.ndjson", lines);
  const { stdout } = await report(path);
  expect(stdout).toMatch(/^ISOLATED {2}5 environments served 10 requests, never two at once\./m);
  expect(stdout).toMatch(
    /^Note: The record's own verdict over the experiment differs .*: verdict shared instead of isolated, trials 999 instead of 8\.$/m,
  );
});

test("JSON has the plan, the target, the conclusions, the environments and the latencies", async () => {
  const { stdout } = await report(record(isolated), "--format", "json");
  const { experiment, complete, notes } = JSON.parse(stdout);
  expect({ complete, notes }).toEqual({ complete: true, notes: [] });
  expect(experiment).toMatchObject({
    plan: { holdMs: 5_000 },
    target: { kind: "stack" },
    conclusion: { verdict: "isolated", trials: 9 - 1, warmTrials: 4, memory: "kept" },
    outcomes: { ok: 10 },
    words: { title: "ISOLATED" },
  });
  expect(experiment.conclusion.bound).toBeCloseTo(0.312, 3);
  expect(experiment.runs).toHaveLength(2);
  expect(experiment.runs[0].latency.max).toBeCloseTo(5_310.36, 2);
  expect(experiment.environments).toHaveLength(5);
  expect(experiment.environments[0]).toMatchObject({
    id: "environment 0",
    pids: [8],
    instances: 1,
    invocations: 2,
    coldStarts: 1,
    first: { run: 0, atMs: 0 },
  });
});

test("a control is reported apart, and takes an isolation back that it cannot vouch for", async () => {
  const controlled = { ...isolated, control: [burst(5, () => 7)] };
  const { stdout } = await report(record(controlled));
  expect(stdout).toMatch(/^Control, run 1 of 1/m);
  expect(stdout).toMatch(/^CONTROL {2}The instrument saw sharing when it happened: 10 overlaps/m);
  expect(stdout).toMatch(/^ISOLATED/m);
  const blind = { ...isolated, control: [burst(5, (index) => index)] };
  const failed = await report(record(blind), "--format", "json");
  const { experiment, control } = JSON.parse(failed.stdout);
  expect(control.conclusion.verdict).toBe("isolated");
  expect(experiment.conclusion).toMatchObject({
    verdict: "inconclusive",
    reason: expect.stringMatching(/^The control/),
  });
});

test("CSV has a row for each request, and no cell that a spreadsheet would execute", async () => {
  const clients = ["=1+1", 'a "b", c', "@x", "Zoë", "-5"];
  const { stdout, code } = await report(record({ ...isolated, clients }), "--format", "csv");
  expect(code).toBe(0);
  const rows = stdout.split("\r\n");
  expect(rows).toHaveLength(12);
  expect(rows[0]).toMatch(/^\ufeffexperiment,role,run,index,client,outcome,/);
  expect(rows[1]).toMatch(/^e,experiment,1,0,'=1\+1,ok,200,0,5310,5310,environment 0,8,0,/);
  expect(rows[2]).toMatch(/^e,experiment,1,1,"a ""b"", c",ok,/);
  expect(rows[5]).toMatch(/^e,experiment,1,4,'-5,ok,/);
});

test("a spreadsheet is told once that CSV is UTF-8, in a file and in a pipe, of one record and of two", async () => {
  const [one, other] = [record({ ...isolated, clients: ["Ä"] }), record(shared)];
  const out = join(temporaryFolder(), "report.csv");
  await report(one, other, "--out", out);
  const piped = [await report(one, "--format", "csv"), await report(one, other, "--format", "csv")];
  for (const csv of [readFileSync(out, "utf8"), ...piped.map(({ stdout }) => stdout)]) {
    expect(csv.lastIndexOf("\ufeff")).toBe(0);
    expect(csv).toContain(",Ä,ok,");
  }
});

test("a page is written to a new file that only its owner can read, and never over another", async () => {
  const path = record(isolated);
  const out = join(temporaryFolder(), "report.html");
  const { code, stdout, stderr } = await report(path, "--out", out);
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: "", stderr: `Report: ${out}\n` });
  const page = readFileSync(out, "utf8");
  expect(page).toMatch(/^<!doctype html>\n<html lang="en">/);
  expect(statSync(out).mode & 0o777).toBe(0o600);
  const again = await report(path, "--out", out);
  expect(again.code).toBe(2);
  expect(again.stderr).toMatch(/exists, and is not overwritten\.\nName another file with --out\./);
  expect(readFileSync(out, "utf8")).toBe(page);
});

test("a report that fails leaves no half of it", async () => {
  const folder = temporaryFolder();
  const lines = recordLines(isolated).map((line) => JSON.stringify(line));
  const path = join(folder, "broken.ndjson");
  writeFileSync(path, [...lines.slice(0, 4), "{}", ...lines.slice(4)].join("\n"));
  const out = join(folder, "out.csv");
  const { code, stderr } = await report(path, "--out", out);
  expect(code).toBe(2);
  expect(stderr).toMatch(/line 5: type is missing, and must be "run", /);
  expect(existsSync(out)).toBe(false);
});

test("a record whose runner was killed is reported as far as it goes", async () => {
  const path = record(isolated);
  const whole = readFileSync(path, "utf8");
  const lines = whole.split("\n");
  writeFileSync(path, `${lines.slice(0, 10).join("\n")}\n${lines[10]?.slice(0, 50)}`);
  const { code, stdout } = await report(path);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^Run 2 of 2/m);
  expect(stdout).toMatch(/^ISOLATED {2}5 environments served 7 requests/m);
  expect(stdout).toMatch(/^Note: Of run 2 of the experiment 2 of 5 requests are on the record\.$/m);
  expect(stdout).toMatch(/^Note: The record of the experiment ends before its runner concluded\./m);
});

test("whatever was cut off is said in every format", async () => {
  const path = record(isolated);
  const whole = readFileSync(path);
  const compressed = gzipSync(whole);
  const cuts: [Buffer, RegExp][] = [
    [whole.subarray(0, -30), /The record's last line is cut off, and left out\./],
    [compressed.subarray(0, -30), /The record's compressed data end too early\./],
  ];
  for (const [bytes, words] of cuts) {
    writeFileSync(path, bytes);
    for (const format of ["text", "json", "csv", "html"]) {
      const { code, stdout, stderr } = await report(path, "--format", format);
      expect(code).toBe(0);
      expect(format === "csv" ? stderr : stdout.replaceAll("&#39;", "'")).toMatch(words);
    }
  }
});

test("a line that is refused is named by what stands there, fit to be shown, and what may", async () => {
  const path = record(isolated);
  const changed = readFileSync(path, "utf8").replace('"outcome":"ok"', '"outcome":"\u202eOK"');
  writeFileSync(path, changed);
  const { code, stderr } = await report(path);
  expect(code).toBe(2);
  expect(stderr).toContain(
    'line 2: outcome is "\\u202eOK", and must be "ok", "throttled", "failed", "timed out", "aborted" or "unreadable".\n',
  );
});

test("a record that ends after its control says so", async () => {
  const lines = recordLines({ ...isolated, control: [burst(5, () => 7)] });
  const cut = lines.findIndex((line) => line.type === "run" && line.role === "experiment");
  const path = writeRecord(temporaryFolder(), "control.ndjson", lines.slice(0, cut));
  for (const format of ["text", "html", "json"]) {
    const { code, stdout } = await report(path, "--format", format);
    expect(code).toBe(0);
    expect(stdout).toMatch(/it holds the control alone/);
  }
});

test("of two records what differs is shown", async () => {
  const { stdout, code } = await report(record(isolated, "a"), record(shared, "b"));
  expect(code).toBe(0);
  expect(stdout).toMatch(/^ {2}Verdict +isolated +shared$/m);
  expect(stdout).toMatch(/^ {2}Environments +5 +1$/m);
  expect(stdout).toMatch(/^The same: target, deployment, clients, requests a run/m);
});

test("experiments of one deployment add up; where they disagree, that is shown", async () => {
  const again = { ...isolated, id: "again" };
  const agree = await report(record(isolated, "a"), record(again, "b"), "--format", "json");
  const [deployment] = JSON.parse(agree.stdout).deployments;
  expect(deployment).toMatchObject({ isolated: 2, shared: 0, trials: 16 });
  expect(deployment.bound).toBeCloseTo(1 - 0.05 ** (1 / 16));
  const three = await report(record(isolated, "a"), record(again, "b"), record(shared, "c"));
  expect(three.stdout).toMatch(/of this deployment disagree: 1 saw sharing, 2 did not\./);
  expect(three.stdout).toMatch(/^ {2}C {2}stack dev, on-demand, eu-west-1 +1 +shared/m);
});

test("one experiment that is named twice counts once", async () => {
  const { stdout } = await report(record(isolated, "a"), record(isolated, "b"), "--format", "json");
  const { deployments, notes } = JSON.parse(stdout);
  expect(deployments[0]).toMatchObject({ isolated: 1, trials: 8 });
  expect(notes).toEqual([expect.stringMatching(/are records of one experiment/)]);
});

test("text from a record is text in every format", async () => {
  const clients = ["<img src=x onerror=alert(1)>", "\u001b[2J\u202e", "&amp;", '"', "'"];
  const path = record({ ...isolated, clients, target: { stack: "<script>" } });
  for (const format of ["text", "csv", "html"]) {
    const { stdout } = await report(path, "--format", format);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what must not be there
    expect(stdout).not.toMatch(/[\u001b\u202e]/);
    if (format === "html") expect(stdout).not.toMatch(/<img|<script/);
  }
});

test.each([
  [[], /No record was named\.\nName a file/],
  [["x", "--format", "pdf"], /'pdf' is invalid\. Allowed choices are text, json, csv, html\./],
  [["/nowhere/x.ndjson"], /\/nowhere\/x\.ndjson does not exist\.\nCheck the name/],
  [["/"], /cannot be read as a record/],
  [["package.json"], /cannot be read as a record: line 1: it is "\{", and must be a JSON object\./],
  [["-", "-"], /Standard input can be read once\.\nName - once\./],
  [["-"], /standard input cannot be read as a record: it holds no line of one\./],
  [["x", "--fromat", "json"], /Did you mean --format\?/],
])("wrong usage, %j, exits with 2 and says what to do", async (args, message) => {
  const { code, stdout, stderr } = await report(...args);
  expect(code).toBe(2);
  expect(stdout).toBe("");
  expect(stderr).toMatch(message);
  expect(stderr).not.toMatch(/\n\s+at /);
});

test("what is no record of one experiment is refused in words", async () => {
  const folder = temporaryFolder();
  const one = recordLines(isolated);
  const two = writeRecord(folder, "two", [...one, ...recordLines({ ...shared, id: "other" })]);
  expect((await report(two)).stderr).toMatch(/it holds more than one experiment/);
  const orphan = writeRecord(folder, "orphan", one.slice(1));
  expect((await report(orphan)).stderr).toMatch(/an observation is of a run that did not begin/);
});
