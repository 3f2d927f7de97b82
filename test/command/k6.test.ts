/** `npm run k6`, what k6 fires by it, and the report of what k6 logged. */

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { drawn, inputs } from "../effort.ts";
import { CLOSED, startServer } from "../http-server.ts";
import { soon, startK6, writeForK6 } from "../k6/run-k6.ts";
import { start, temporaryFolder } from "../processes.ts";
import { report, reportJson, startLambdaAlone } from "../programs.ts";
import { outputsOf, stackOf } from "../pulumi.ts";
import { waitUntil } from "../wait-until.ts";

const textIn = (log: string) => (existsSync(log) ? readFileSync(log, "utf8") : "");

/** Lines of several logs, as one would get them of pods. */
function interleaved(...logs: string[]): string {
  const lines = logs.map((log) => textIn(log).trimEnd().split("\n"));
  const most = Math.max(...lines.map(({ length }) => length));
  const mixed = Array.from({ length: most }, (_, at) => lines.flatMap((those) => those[at] ?? []));
  const path = join(temporaryFolder(), "pods.log");
  writeFileSync(path, ['Defaulted container "k6"', ...mixed.flat(), ""].join("\n"));
  return path;
}

const RUNNERS = inputs(2, 4);
const RUNS = inputs(1, 3);
const BURST = 3 * RUNNERS;
/** One is lost for each runner after the first. */
const TRIALS = RUNS * (BURST - 1 - (RUNNERS - 1));

test.each(
  drawn<[string, object]>(
    [
      ["web-function", { verdict: "shared", sharing: "globals", processes: 1 }],
      ["on-demand", { verdict: "isolated", overlaps: 0, trials: TRIALS }],
      ["managed-instances", { verdict: "shared", sharing: "globals" }],
    ],
    1,
  ),
)("runners whose clocks are two seconds apart tell the truth of %s", async (model, truth) => {
  const lambda = await startLambdaAlone(["--model", model]);
  const plan = ["--concurrency", `${BURST}`, "--runs", `${RUNS}`, "--hold", "3s"];
  const folder = await writeForK6(["--target", lambda.url, ...plan, "--runners", `${RUNNERS}`]);
  const START = soon();
  const runners = Array.from({ length: RUNNERS }, (_, index) => {
    const CLOCK_AHEAD_MS = `${2_000 * (index % 2)}`;
    return startK6(folder, `${index + 1}/${RUNNERS}`, { START, CLOCK_AHEAD_MS });
  });
  for (const { ended, stderr } of runners) expect(await ended, stderr()).toBe(0);
  const { experiment, complete } = await reportJson(folder);
  expect(complete).toBe(true);
  expect(experiment.conclusion).toMatchObject({ ...truth, outcomes: { ok: RUNS * BURST } });
  expect(lambda.stderr().match(/step 5 of 5/g)).toHaveLength(RUNS * BURST);
  const pods = await reportJson(interleaved(...runners.map(({ log }) => log)));
  expect(pods.experiment.conclusion).toEqual(experiment.conclusion);
});

test("what a runner fired that was killed counts, and so does what one fired that came late", async () => {
  const { url } = await startLambdaAlone(["--quiet"]);
  const plan = ["--concurrency", "6", "--requests", "12", "--runs", "1", "--hold", "1s"];
  const folder = await writeForK6(["--target", url, ...plan, "--runners", "3"]);
  const START = soon();
  const [first, second] = [startK6(folder, "1/3", { START }), startK6(folder, "2/3", { START })];
  await waitUntil("an answer", () => textIn(second.log).includes("k6 answer"));
  second.child.kill("SIGKILL");
  const third = startK6(folder, "3/3", { START });
  for (const { ended, stderr } of [first, third]) expect(await ended, stderr()).toBe(0);
  const { experiment, notes } = await reportJson(folder);
  const { verdict, trials, outcomes } = experiment.conclusion;
  expect(verdict).toBe("isolated");
  expect(outcomes.ok).toBeGreaterThanOrEqual(4 + 1 + 4);
  expect(outcomes.ok).toBeLessThan(12);
  expect(trials).toBeGreaterThan(0);
  expect(notes).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/3\/3.* late/),
      expect.stringMatching(/^Of 2\/3 \d requests? (is|are) not on the record/),
    ]),
  );
});

const SECRETS = {
  AWS_SECRET_ACCESS_KEY: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYzEXAMPLE",
  AWS_SESSION_TOKEN: `IQoJb3JpZ2luX2VjE/${"Zm9v/YmFy+".repeat(40)}==`,
};
const CREDENTIALS = { AWS_ACCESS_KEY_ID: "AKIDEXAMPLE", ...SECRETS };

/** Writes for a stack whose function takes signed requests only. */
function writeSigned(url: string, ...args: string[]): Promise<string> {
  const stack = stackOf({ ...outputsOf(url), urlAuthorization: "AWS_IAM" });
  return writeForK6(["--hold", "100ms", "--runs", "1", ...args], stack);
}

test("requests are signed, and a clock that is minutes off is told of", async () => {
  const iam = ["--region", "eu-west-1", "--authorization", "AWS_IAM", "--quiet"];
  const { url } = await startLambdaAlone(iam, CREDENTIALS);
  const folder = await writeSigned(`${url}it's/(no)*//!?a=(b)*&a=!~`);
  const variables = { START: soon() };
  const ahead = { ...variables, CLOCK_AHEAD_MS: "600000" };
  const runners = [
    startK6(folder, "1/2", variables, CREDENTIALS),
    startK6(folder, "2/2", ahead, CREDENTIALS),
  ];
  for (const { ended, stderr } of runners) expect(await ended, stderr()).toBe(0);
  const { experiment } = await reportJson(folder);
  expect(experiment.conclusion.outcomes).toEqual({ ok: 3, failed: 2 });
  const { stdout } = await report(folder);
  expect(stdout).toMatch(/403 .*the runner's clock is about 10 min ahead of the service's/);
});

test("what an answer repeats of the signature is in no log", async () => {
  const { url } = await startServer(({ headers }, response) => {
    const { authorization, "x-amz-security-token": token } = headers;
    const spelled = [encodeURIComponent(`${token}`), `${token}`.replaceAll("/", "\\u002f")];
    response.setHeader("x-amzn-requestid", `of ${token}`);
    response.writeHead(403).end(JSON.stringify({ authorization, token, spelled }));
  });
  const folder = await writeSigned(url.href, "--runners", "1", "--clients", "Ana");
  const { ended, stderr, log } = startK6(folder, "1/1", {}, CREDENTIALS);
  expect(await ended, stderr()).toBe(0);
  expect(textIn(log).match(/\[redacted\]/g)).toHaveLength(5);
  for (const text of [textIn(log), stderr(), textIn(join(folder, "script.js"))]) {
    expect(text).not.toMatch(/Zm9v|wJalr|Signature=[0-9a-f]/);
  }
});

test.each([
  ["2/2", {}, /All runners need the same -e START=/],
  ["2/2", { START: "2026-11-30T12:00:00" }, /All runners need the same -e START=/],
  ["1/1", {}, /There are no AWS credentials: set AWS_ACCESS_KEY_ID/],
])("k6 as %s with %j fires nothing, and says what it needs", async (part, variables, words) => {
  const { url, requests } = await startServer((_, response) => response.end());
  const folder = await writeSigned(url.href);
  const none = { AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "" };
  const { ended, stderr } = startK6(folder, part, variables, none);
  expect(await ended).not.toBe(0);
  expect(stderr()).toMatch(words);
  expect(requests).toEqual([]);
});

test("the commands that are printed run what is written, on machines and on Kubernetes", async () => {
  const out = join(temporaryFolder(), "of mine");
  const target = ["--target", "http://127.0.0.1:9/", "--start-at", "2026-11-30T13:00:00+01:00"];
  const { ended, stdout, stderr } = start("k6", [...target, "--runners", "3", "--out", out]);
  expect(await ended, stderr()).toBe(0);
  const k6 = stdout()
    .split("\n")
    .filter((line) => line.startsWith("  k6 run"));
  expect(k6).toHaveLength(3);
  expect(k6[1]).toBe(
    "  k6 run --quiet --no-usage-report -e START=2026-11-30T12:00:00Z --execution-segment 1/3:2/3 " +
      `--execution-segment-sequence 0,1/3,2/3,1 --console-output '${out}/2-of-3.log' '${out}/script.js'`,
  );
  expect(JSON.parse(textIn(join(out, "testrun.json")))).toMatchObject({
    kind: "TestRun",
    spec: {
      parallelism: 3,
      script: { configMap: { file: "script.js" } },
      runner: { env: [{ name: "START", value: "2026-11-30T12:00:00Z" }] },
    },
  });
  const again = start("k6", [...target, "--out", out]);
  expect(await again.ended).toBe(1);
  expect(again.stderr()).toMatch(/is not empty, .*\nName a new folder with --out\.\n$/);
});

test("more than one runner fires at once is for several", async () => {
  const plan = ["--target", CLOSED.href, "--concurrency", "20000", "--runs", "1"];
  const alone = start("experiment", plan);
  expect(await alone.ended).toBe(1);
  expect(alone.stderr()).toMatch(/One runner fires 10,000 requests at once at most/);
  const script = textIn(join(await writeForK6(plan), "script.js"));
  expect(script).toMatch(/"burst":20000/);
});
