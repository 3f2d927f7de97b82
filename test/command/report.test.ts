/** `npm run report`, as its users run it. */

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { answerPlainly, startServer } from "../http-server.ts";
import { commandOf, temporaryFile, temporaryFolder } from "../processes.ts";
import { fire, recordsIn, report, reportJson, wholeLines } from "../programs.ts";
import { burst, partLines, type Recorded, recordLines, writeRecord } from "../report/records.ts";

/** Five environments serve a cold burst; the second burst finds them in another order. */
const ISOLATED: Recorded = {
  runs: [burst(5, (index) => index), burst(5, (index) => (index + 1) % 5)],
};
const SHARED: Recorded = { id: "s", runs: [burst(5, () => 0)] };

function record(recorded: Recorded, name = "record.ndjson"): string {
  return writeRecord(temporaryFolder(), name, recordLines(recorded));
}

test.each(["/dev/stdin", "-"])("a record may come through a pipe, as %s", (name) => {
  const shell = ["-c", 'cat "$0" | "$@"', record(ISOLATED), ...commandOf("report", [name])];
  expect(execFileSync("sh", shell).toString()).toMatch(/^ISOLATED/m);
});

test("text tells what the experiment told", async () => {
  const { url } = await startServer(answerPlainly);
  const fired = await fire(["--target", url.href, "--clients", "Ana,Bo"]);
  const { code, stdout, stderr } = await report(recordsIn(fired.data)[0] ?? "");
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: fired.stdout, stderr: "" });
});

test("JSON has the plan, the target, the conclusions, the environments and the latencies", async () => {
  const { experiment, complete, notes } = await reportJson(record(ISOLATED));
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
  const first = { run: 0, atMs: 0 };
  const counted = { pids: [8], instances: 1, invocations: 2, coldStarts: 1 };
  expect(experiment.environments[0]).toMatchObject({ id: "environment 0", first, ...counted });
});

test("a control is reported apart, and takes an isolation back that it cannot vouch for", async () => {
  const { stdout } = await report(record({ ...ISOLATED, control: [burst(5, () => 7)] }));
  expect(stdout).toMatch(/^Control, run 1 of 1[\s\S]*^CONTROL {2}[\s\S]*^ISOLATED/m);
  const blind = record({ ...ISOLATED, control: [burst(5, (index) => index)] });
  const { experiment, control } = await reportJson(blind);
  expect(control.conclusion.verdict).toBe("isolated");
  expect(experiment.conclusion.verdict).toBe("inconclusive");
});

test("a record that ends after its control says so in every format", async () => {
  const lines = recordLines({ ...ISOLATED, control: [burst(5, () => 7)] });
  const cut = lines.findIndex((line) => line.type === "run" && line.role === "experiment");
  const path = writeRecord(temporaryFolder(), "control.ndjson", lines.slice(0, cut));
  for (const format of ["text", "html", "json"]) {
    const { code, stdout } = await report(path, "--format", format);
    expect(code).toBe(0);
    expect(stdout).toMatch(/it holds the control alone/);
  }
});

test("CSV has a row for each request, says once that it is UTF-8, and has no cell to execute", async () => {
  const clients = ["=1+1", 'a "b", c', "@x", "Ä", "-5"];
  const one = record({ ...ISOLATED, clients });
  const { stdout } = await report(one, "--format", "csv");
  const rows = stdout.split("\r\n");
  expect(rows).toHaveLength(12);
  expect(rows[0]).toMatch(/^\ufeffexperiment,role,run,index,client,outcome,/);
  expect(rows[1]).toMatch(/^e,experiment,1,0,'=1\+1,ok,200,0,5310,5310,environment 0,8,0,/);
  expect(rows[2]).toMatch(/^e,experiment,1,1,"a ""b"", c",ok,/);
  expect(rows[5]).toMatch(/^e,experiment,1,4,'-5,ok,/);
  const out = join(temporaryFolder(), "report.csv");
  await report(one, record(SHARED), "--out", out);
  for (const csv of [stdout, readFileSync(out, "utf8")]) {
    expect(csv.lastIndexOf("\ufeff")).toBe(0);
    expect(csv).toContain(",Ä,ok,");
  }
});

test("a page is written to a new file that only its owner can read, and never over another", async () => {
  const path = record(ISOLATED);
  const out = join(temporaryFolder(), "report.html");
  const written = await report(path, "--out", out);
  expect(written).toEqual({ code: 0, stdout: "", stderr: `Report: ${out}\n` });
  const page = readFileSync(out, "utf8");
  expect(page).toMatch(/^<!doctype html>\n<html lang="en">/);
  expect(statSync(out).mode & 0o777).toBe(0o600);
  const again = await report(path, "--out", out);
  expect(again.code).toBe(2);
  expect(again.stderr).toMatch(/exists, and is not overwritten\.\nName another file\./);
  expect(readFileSync(out, "utf8")).toBe(page);
});

test("a report that fails leaves no half of it", async () => {
  const lines = readFileSync(record(ISOLATED), "utf8").split("\n");
  const path = temporaryFile("broken.ndjson", lines.toSpliced(4, 0, "{}").join("\n"));
  const out = join(temporaryFolder(), "out.csv");
  const { code, stderr } = await report(path, "--out", out);
  expect(code).toBe(2);
  expect(stderr).toMatch(/line 5: type is missing, and must be "run", /);
  expect(existsSync(out)).toBe(false);
});

test("a record that was cut off is said to be in every format", async () => {
  const path = record(ISOLATED);
  const whole = readFileSync(path);
  const cuts: [Buffer, RegExp, string[]][] = [
    [whole.subarray(0, -30), /The record's last line is cut off, and left out\./, ["text", "csv"]],
    [
      gzipSync(whole).subarray(0, -30),
      /The record's compressed data end too early\./,
      ["json", "html"],
    ],
  ];
  for (const [bytes, words, formats] of cuts) {
    writeFileSync(path, bytes);
    for (const format of formats) {
      const { code, stdout, stderr } = await report(path, "--format", format);
      expect(code).toBe(0);
      expect(format === "csv" ? stderr : stdout.replaceAll("&#39;", "'")).toMatch(words);
    }
  }
});

test("of several records what differs is shown, and those of one deployment add up or disagree", async () => {
  const again = { ...ISOLATED, id: "again" };
  const paths = [record(ISOLATED, "a"), record(again, "b"), record(SHARED, "c")] as const;
  const [a, b, c] = paths;
  const { stdout } = await report(...paths);
  expect(stdout).toMatch(/^ +environments +processes +at once +mixed +verdict +below\n/);
  expect(stdout).toMatch(/^ {2}A {2}stack dev, on-demand, eu-west-1 +5 +5 +1 +0 +isolated +31 %$/m);
  expect(stdout).toMatch(/^ {2}C {2}stack dev, on-demand, eu-west-1 +1 +1 +5 +\d +shared$/m);
  expect(stdout).toMatch(/of this deployment disagree: 1 saw sharing, 2 did not\./);
  const two = await report(a, c);
  expect(two.stdout).toMatch(/^ +environments .*\n {2}A .* isolated +31 %\n {2}B .* shared\n/);
  expect(two.stdout).toMatch(/^ {2}Verdict +isolated +shared$/m);
  expect(two.stdout).toMatch(/^The same: target, deployment, clients, requests a run/m);

  const [deployment] = (await reportJson(a, b)).deployments;
  expect(deployment).toMatchObject({ isolated: 2, shared: 0, trials: 16 });
  expect(deployment.bound).toBeCloseTo(1 - 0.05 ** (1 / 16));
  const { deployments, notes } = await reportJson(a, record(ISOLATED, "copy"));
  expect(deployments[0]).toMatchObject({ isolated: 1, trials: 8 });
  expect(notes).toEqual([expect.stringMatching(/are records of one experiment/)]);
});

test("the parts of one experiment are reported as one, in every format, and written as its record", async () => {
  const folder = temporaryFolder();
  const parts = partLines(recordLines(ISOLATED), 2).map((lines, index) =>
    writeRecord(folder, `${index}.ndjson`, lines),
  );
  const { experiment, record: name } = await reportJson(...parts);
  expect(experiment.conclusion).toMatchObject({ verdict: "isolated", trials: 6, warmTrials: 3 });
  expect(name).toBe(parts.join(" + "));
  const whole = join(folder, "whole.ndjson");
  const written = await report(...parts, "--record", whole);
  expect(written).toMatchObject({ code: 0, stderr: `Record: ${whole}\n` });
  expect(written.stdout).toBe((await report(whole)).stdout);
  expect(written.stdout).toMatch(/^ISOLATED[\s\S]*^Note: 2 runners fired/m);
  expect(statSync(whole).mode & 0o777).toBe(0o600);
  expect(wholeLines(whole).map(({ type }) => type)).toEqual([
    ...Array(2)
      .fill(["run", "run", ...Array(5).fill("observation"), "verdict"])
      .flat(),
    "verdict",
  ]);
  const again = await report(...parts, "--record", whole);
  expect(again).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/exists, and is not over/),
  });

  const other = join(folder, "other.ndjson");
  for (const files of [[...parts, record(SHARED)], [record(SHARED)]]) {
    const refused = await report(...files, "--record", other);
    expect(refused).toMatchObject({ code: 2, stdout: "" });
    expect(refused.stderr).toMatch(/^error: The files are not the parts of one experiment/);
    expect(existsSync(other)).toBe(false);
  }
});
