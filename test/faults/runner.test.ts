import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startServer } from "../http-server.ts";
import { start, temporaryFolder } from "../processes.ts";
import { linesOf } from "../record-lines.ts";
import { program, run } from "./another-machine.ts";
import { answerAlone } from "./own-process-each.ts";
import { recordsIn } from "./recorded-run.ts";

const EXPERIMENT = "experiment/command/run-experiment.ts";

test.each([
  ["the text", []],
  ["the record", ["--json"]],
])("a reader of $0 that leaves after a line stops nothing", async (_, format) => {
  const { url } = await startServer(answerAlone);
  const data = temporaryFolder();
  // Both streams end in the same reader, which takes one line and goes.
  const script = '"$@" 2>&1 | head -n 1; exit $PIPESTATUS';
  const words = program(EXPERIMENT, "--target", url.href, ...format);
  const piped = run(["bash", "-c", script, "bash", ...words], data);
  expect(await piped.ended).toBe(0);
  expect(piped.stdout().trimEnd().split("\n")).toHaveLength(1);
  expect(piped.stderr()).toBe("");
  const lines = linesOf(readFileSync(recordsIn(data)[0] ?? "", "utf8"));
  expect(lines).toHaveLength(2 * (1 + 5 + 1) + 1);
  expect(lines.at(-1)).toMatchObject({ verdict: "isolated", outcomes: { ok: 10 } });
});

test("output that a full disk does not take is said to be missing, and the record is whole", async () => {
  const { url } = await startServer(answerAlone);
  const data = temporaryFolder();
  const toFull = ["sh", "-c", 'exec "$@" >/dev/full', "sh"];
  const fired = run([...toFull, ...program(EXPERIMENT, "--target", url.href, "--json")], data);
  expect(await fired.ended).toBe(1);
  const [path = ""] = recordsIn(data);
  expect(fired.stderr()).toBe(
    "error: Standard output did not take everything: ENOSPC: no space left on device, write.\n" +
      `The record is whole: npm run report -- ${path}\n`,
  );
  expect(linesOf(readFileSync(path, "utf8")).at(-1)).toMatchObject({ outcomes: { ok: 10 } });
  const report = run([...toFull, ...program("experiment/command/report-records.ts", path)]);
  expect(await report.ended).toBe(1);
  expect(report.stderr()).toMatch(/^error: Standard output did not .*\nMake room there, or name/);
});

/** A clock that somebody sets back by an hour whenever it is read, in every process. */
const BACKWARDS = `
  const Real = Date;
  let read = 0;
  const now = () => Real.now() - 3_600_000 * read++;
  globalThis.Date = class extends Real {
    constructor(...given) {
      super(...(given.length === 0 ? [now()] : given));
    }
    static now() {
      return now();
    }
  };`;

test("a clock that is set back during a run changes no duration, and no verdict", async () => {
  const preload = join(temporaryFolder(), "backwards.mjs");
  writeFileSync(preload, BACKWARDS);
  const data = temporaryFolder();
  const running = start(EXPERIMENT, ["--hold", "500ms"], {
    LAMBDA_CONCURRENCY_TEST_DATA: data,
    NODE_OPTIONS: `--import ${preload}`,
  });
  expect(await running.ended).toBe(0);
  expect(running.stderr()).toBe("");
  expect(running.stdout()).toMatch(/^ISOLATED {2}5 environments served 10 requests/m);
  expect(running.stdout()).not.toMatch(/ -\d/);
  const lines = linesOf(readFileSync(recordsIn(data)[0] ?? "", "utf8"));
  const [first, second] = lines.filter((line) => line.type === "run");
  expect(Date.parse(first?.startedAt ?? "")).toBeGreaterThan(Date.parse(second?.startedAt ?? ""));
  for (const line of lines) {
    if (line.type === "observation") {
      const { sentAt = 0, answeredAt = 0, response } = line;
      const { enteredAt = 0, leftAt = 0 } = response?.invocation ?? {};
      expect(sentAt).toBeGreaterThanOrEqual(0);
      expect(answeredAt - sentAt).toBeGreaterThan(0);
      expect(leftAt - enteredAt).toBeGreaterThan(0);
    } else if (line.type === "verdict") {
      expect(line.wallMs).toBeGreaterThan(0);
      expect(line.skewMs).toBeGreaterThanOrEqual(0);
    }
  }
});
