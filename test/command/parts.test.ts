/** One experiment that several runners fire together, each as its user runs it. */

import { join } from "node:path";
import { expect, test } from "vitest";
import { fewFiles } from "../another-machine.ts";
import { answerAlone, startServer } from "../http-server.ts";
import { commandOf, resultOf, run, temporaryFolder } from "../processes.ts";
import { fire, report, startExperiment, startLambdaAlone, wholeLines } from "../programs.ts";
import { burst, partLines, recordLines, writeRecord } from "../report/records.ts";
import { waitUntil } from "../wait-until.ts";

/** A time that leaves some for starting programs on a busy machine. */
const soon = () => new Date(Date.now() + 10_000).toISOString();

test("a report has the parts of an experiment as data, of more of them than files can be open", async () => {
  const folder = temporaryFolder();
  const visits = burst(200, (index) => index);
  const startedAt = "2026-11-23T21:47:00.250Z";
  for (const [index, lines] of partLines(recordLines({ runs: [visits] }), 100).entries()) {
    const late = lines.map((line) => (line.type === "run" ? { ...line, startedAt } : line));
    if (index !== 41) writeRecord(folder, `${index}.ndjson`, index === 7 ? late : lines);
  }
  const command = commandOf("report", [folder, "--format", "json"]);
  const { code, stdout, stderr } = await resultOf(run([...fewFiles(64), ...command]));
  expect(code, stderr).toBe(0);
  const { experiment } = JSON.parse(stdout);
  const { runners } = experiment.runs[0];
  expect(runners).toHaveLength(100);
  const fired = { fired: true, planned: 2, observed: 2, trials: 1 };
  expect(runners[7]).toEqual({ name: "8/100", ...fired, startedAt, lateMs: 250 });
  expect(runners[41]).toEqual({ name: "42/100", fired: false, planned: 2, observed: 0, trials: 0 });
  expect(experiment.conclusion).toMatchObject({ verdict: "isolated", trials: 99 });
});

/** What makes a part of an experiment. */
function partOf(part: string, startAt: string): string[] {
  return ["--part", part, "--start-at", startAt, "--experiment", "ours"];
}

/** Fires both parts in two processes, and makes one experiment of them. */
async function fireBoth(model: string, startAt: string, plan: readonly string[]) {
  const { url } = await startLambdaAlone(["--quiet", "--model", model]);
  const folder = temporaryFolder();
  const both = ["1/2", "2/2"].map(async (part, index) => {
    const out = join(folder, `${index}.ndjson`);
    const args = ["--target", url, ...plan, ...partOf(part, startAt), "--out", out];
    return { out, ...(await fire(args)) };
  });
  const parts = await Promise.all(both);
  const merged = join(folder, "merged.ndjson");
  const { code, stdout } = await report(
    ...parts.map(({ out }) => out).reverse(),
    ...["--record", merged, "--format", "json"],
  );
  expect(code).toBe(0);
  return { parts, lines: wholeLines(merged), report: JSON.parse(stdout) };
}

test("two runners are isolated at on-demand but for one trial a run, and share a web function", async () => {
  const startAt = soon();
  const [onDemand, webFunction] = await Promise.all([
    fireBoth("on-demand", startAt, ["--hold", "3s"]),
    fireBoth("web-function", startAt, ["--concurrency", "2", "--hold", "4s", "--runs", "1"]),
  ]);

  const { parts, lines, report } = onDemand;
  const indices = parts.map(({ observations }) => observations.map(({ index }) => index).sort());
  expect(indices).toEqual([
    [0, 0, 2, 2, 4, 4],
    [1, 1, 3, 3],
  ]);
  for (const { stdout, record } of parts) {
    expect(stdout).toMatch(/^Part \d\/2 of ours: [64] of 10 requests, from 2/m);
    expect(stdout).toMatch(/^Note: The experiment has no request of \d\/2 on the record/m);
    const starts = record.filter((line) => line.type === "run");
    expect(starts.map(({ run }) => run)).toEqual(["ours/1", "ours/2"]);
    expect(starts[0]?.startAt).toBe(startAt);
    for (const line of starts) {
      expect(Date.parse(line.startedAt)).toBeGreaterThanOrEqual(Date.parse(line.startAt ?? ""));
    }
  }
  expect(lines.filter(({ type }) => type === "run")).toHaveLength(2 * 2);
  expect(report.experiment.conclusion).toMatchObject({
    ...{ verdict: "isolated", outcomes: { ok: 10 } },
    ...{ environments: 5, trials: 2 * (5 - 2), warmTrials: 5 - 2 },
  });

  // Each fired one request.
  const shared = webFunction.report.experiment.conclusion;
  expect(webFunction.parts.map(({ observations }) => observations.length)).toEqual([1, 1]);
  expect(shared).toMatchObject({ verdict: "shared", overlaps: 1 });
  expect([shared.witness.first.index, shared.witness.second.index].sort()).toEqual([0, 1]);
});

test("a part that comes late fires at once and says so, and one that is stopped has not fired", async () => {
  const { url } = await startServer(answerAlone);
  const args = ["--target", url.href, "--hold", "5s", "--runs", "1"];
  const late = new Date(Date.now() - 2_000).toISOString();
  const { code, stdout, record } = await fire([...args, ...partOf("2/2", late)]);
  // How busy the machine is decides how certain it is that the requests ran at once.
  expect([0, 3]).toContain(code);
  expect(stdout).toMatch(
    /^Note: By its own clock 2\/2 fired \d+\.\d\d s late \(run 1\)\. Requests/m,
  );
  expect(record[0]).toMatchObject({ startAt: late, runner: "2/2" });
  const waiting = startExperiment([...args, ...partOf("1/2", soon())]);
  await waitUntil("its introduction", () => waiting.stdout().includes("Part 1/2 of ours"));
  waiting.child.kill("SIGINT");
  expect(await waiting.ended).toBe(130);
  expect(waiting.record()).toEqual([]);
});
