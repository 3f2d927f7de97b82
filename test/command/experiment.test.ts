import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Observation, VerdictLine } from "../../experiment/core/record-lines.ts";
import { answerPlainly, startServer } from "../http-server.ts";
import { ROOT, start, temporaryFolder } from "../processes.ts";
import { linesOf } from "../record-lines.ts";

interface Result {
  code: number | NodeJS.Signals;
  stdout: string;
  stderr: string;
  /** The files that were recorded in the data folder. */
  records: string[];
}

async function experiment(...args: string[]): Promise<Result> {
  const data = temporaryFolder();
  const run = start("experiment/command/run-experiment.ts", args, {
    LAMBDA_CONCURRENCY_TEST_DATA: data,
  });
  const code = await run.ended;
  const folder = join(data, "records");
  const records = readdirSync(data).length > 0 ? readdirSync(folder) : [];
  return {
    code,
    stdout: run.stdout(),
    stderr: run.stderr(),
    records: records.map((name) => join(folder, name)),
  };
}

test("the reference experiment: memory survives between two runs and never mixes", async () => {
  const { code, stdout, stderr, records } = await experiment("--json");
  expect(stderr).toBe("");
  expect(code).toBe(0);
  const lines = linesOf(stdout);
  expect(lines.map(({ type }) => type)).toEqual([
    "run",
    ...Array(5).fill("observation"),
    "verdict",
    "run",
    ...Array(5).fill("observation"),
    "verdict",
    "verdict",
  ]);
  expect(readFileSync(records[0] ?? "", "utf8")).toBe(stdout);

  const observations = lines.filter((line) => line.type === "observation");
  const [first, second] = [observations.slice(0, 5), observations.slice(5)];
  const environmentOf = ({ response }: Observation) => response?.environment?.id ?? "";
  const servedFirst = new Map(first.map((item) => [environmentOf(item), item.client]));
  expect(servedFirst.size).toBe(5);
  for (const { client, response } of first) {
    expect(response?.globalData).toEqual({ counter: 1, client, clients: [client] });
  }
  for (const item of second) {
    const before = servedFirst.get(environmentOf(item));
    const clients = [before, item.client];
    expect(item.response?.globalData).toEqual({ counter: 2, client: item.client, clients });
  }
  expect(lines.at(-1)).toMatchObject({
    run: null,
    verdict: "isolated",
    environments: 5,
    trials: 8,
    warmTrials: 4,
    memory: "kept",
    outcomes: { ok: 10 },
  });
  expect((lines.at(-1) as VerdictLine).bound).toBeCloseTo(0.312, 3);
});

test("the printed result shows each answer and the verdict with its evidence", async () => {
  const { code, stdout } = await experiment("--clients", "Ana,Bo", "--hold", "1s");
  expect(code).toBe(0);
  expect(stdout).toMatch(/proves nothing about AWS/);
  expect(stdout).toMatch(/^Run 1 of 2 · cold · \d\.\d\d s · 2 environments$/m);
  expect(stdout).toMatch(
    /^ {2}Ana {2}[0-9a-f]{4} {2}cold {2}\{ counter: 1, client: "Ana", clients: \["Ana"\] \}$/m,
  );
  expect(stdout).toMatch(/^Run 2 of 2 · warm/m);
  expect(stdout).toMatch(/^ISOLATED {2}2 environments served 4 requests, never two at once\./m);
  expect(stdout).toMatch(/^2 requests ran while another ran \(1 of them warm\)/m);
  const [, record = ""] = /^Record: (.*)$/m.exec(stdout) ?? [];
  expect(linesOf(readFileSync(record, "utf8"))).toHaveLength(9);
  expect(statSync(record).mode & 0o777).toBe(0o600);
});

test("a hundred cold environments at once are a hundred environments", async () => {
  const { code, stdout } = await experiment(
    "--concurrency",
    "100",
    "--hold",
    "1s",
    "--runs",
    "1",
    "--json",
  );
  const lines = linesOf(stdout);
  expect(lines.at(-1)).toMatchObject({
    verdict: "isolated",
    environments: 100,
    coldStarts: 100,
    outcomes: { ok: 100 },
  });
  expect(code).toBe(0);
});

test("requests beyond the concurrency are served by environments that are free again", async () => {
  const args = ["--concurrency", "20", "--requests", "200", "--hold", "200ms", "--runs", "1"];
  const lines = linesOf((await experiment(...args, "--json")).stdout);
  expect(lines.at(-1)).toMatchObject({
    verdict: "isolated",
    outcomes: { ok: 200 },
    memory: "kept",
  });
  expect((lines.at(-1) as VerdictLine).environments).toBeLessThan(100);
});

test("one at a time is inconclusive, exits with 3 and says what would help", async () => {
  const args = ["--concurrency", "1", "--requests", "3", "--hold", "100ms", "--runs", "1"];
  const { code, stdout } = await experiment(...args);
  expect(code).toBe(3);
  expect(stdout).toMatch(/^INCONCLUSIVE .*Raise the concurrency to 2 or more\.$/m);
});

test("another verdict than expected exits with 4", async () => {
  const args = ["--clients", "Ana,Bo", "--hold", "1s", "--runs", "1", "--expect", "shared"];
  expect((await experiment(...args)).code).toBe(4);
});

test("any URL can be the target, and answers without identity are inconclusive", async () => {
  const server = await startServer(answerPlainly);
  const { code, stdout } = await experiment("--target", server.url.href, "--json");
  expect(code).toBe(3);
  const lines = linesOf(stdout);
  expect(lines[0]).toMatchObject({ target: { kind: "url", url: server.url.href } });
  expect(lines.at(-1)).toMatchObject({
    verdict: "inconclusive",
    reason: expect.stringMatching(/did not say which environment/),
  });
  expect(server.requests).toHaveLength(10);
});

test("text from answers never reaches the terminal as commands to it", async () => {
  const server = await startServer(({ body }, response) => {
    const { client } = JSON.parse(body);
    const evil = "\u001b[2J\u202eevil\u0007";
    const globalData = { counter: 1, client: evil, clients: [evil] };
    response.end(JSON.stringify({ client, globalData, message: "ok" }));
  });
  const { stdout } = await experiment("--target", server.url.href, "--clients", "a\u001b[31m");
  expect(stdout).toContain("\\u001b[2J\\u202eevil\\u0007");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what must not be there
  expect(stdout).not.toMatch(/[\u001b\u202e\u0007]/);
});

test.each([
  [["--concurrency", "fifty"], /--concurrency: "fifty" is not a whole number from 1 to 10,000/],
  [["--hold", "2h"], /--hold: "2h" is not a duration from 100 ms to 1 min/],
  [["--target", "nowhere"], /--target: "nowhere" is no target: use local, stack, or a URL/],
  [["--model", "magic"], /'magic' is invalid. Allowed choices are on-demand/],
  [["--concurency", "5"], /Did you mean --concurrency\?/],
  [["leftover"], /too many arguments/],
])("wrong usage, %j, exits with 2 and says what would be right", async (args, message) => {
  const { code, stderr, stdout, records } = await experiment(...args);
  expect(code).toBe(2);
  expect(stderr).toMatch(message);
  expect(stderr).not.toMatch(/\n\s+at /);
  expect(stdout).toBe("");
  expect(records).toEqual([]);
});

test("help and version are answers, not errors", async () => {
  const help = await experiment("--help");
  expect(help.code).toBe(0);
  expect(help.stdout).toMatch(/Exit codes: 0 a verdict/);
  const version = await experiment("--version");
  expect(version.code).toBe(0);
  expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test("a record is never overwritten", async () => {
  const { url } = await startServer(answerPlainly);
  const out = join(temporaryFolder(), "new", "record.ndjson");
  const args = ["--target", url.href, "--runs", "1", "--out", out];
  expect((await experiment(...args)).code).toBe(3);
  const before = readFileSync(out, "utf8");
  const { code, stderr } = await experiment(...args);
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /exists, and a record is never overwritten.\nName another file with --out\./,
  );
  expect(readFileSync(out, "utf8")).toBe(before);
});

test("what keeps a record from being continued ends the experiment, and keeps whole lines", () => {
  const data = temporaryFolder();
  const program = join(ROOT, "experiment/command/run-experiment.ts");
  const args = "--concurrency 50 --requests 500 --hold 100ms --runs 1";
  // Files may grow to sixteen blocks of 512 bytes.
  const limited = `ulimit -f 16 && exec "$0" "${program}" ${args} --out "${data}/record.ndjson"`;
  const { status, stderr } = spawnSync("bash", ["-c", limited, process.execPath], {
    encoding: "utf8",
  });
  expect(status).toBe(1);
  expect(stderr).toMatch(/cannot be continued: .*\nMake room on the disk/);
  const text = readFileSync(join(data, "record.ndjson"), "utf8");
  expect(text.endsWith("}\n")).toBe(true);
  expect(linesOf(text).length).toBeGreaterThan(1);
});
