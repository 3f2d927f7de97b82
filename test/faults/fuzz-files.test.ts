import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ExperimentError } from "../../experiment/core/errors.ts";
import { parseAnswer } from "../../experiment/core/firing/answers.ts";
import { referencePlan } from "../../experiment/core/plan/plan.ts";
import { NAMED_PLANS, parsePlan } from "../../experiment/core/plan/plan-input.ts";
import { parsePlanFile, readPlanFile } from "../../experiment/plans/plan-file.ts";
import { readRecord } from "../../experiment/records/read-record.ts";
import { csvRows } from "../../experiment/reports/csv-report.ts";
import { errorWords } from "../../experiment/reports/error-words.ts";
import { textReport } from "../../experiment/reports/experiment-text.ts";
import { experimentPage } from "../../experiment/reports/html/experiment-page.ts";
import { jsonReport } from "../../experiment/reports/json-report.ts";
import { KEPT_IN_PAGE, readExperiment } from "../../experiment/reports/recorded-experiment.ts";
import { ROOT, temporaryFolder } from "../processes.ts";
import { linesOf } from "../programs.ts";
import { burst, recordLines } from "../report/records.ts";
import { anyBytes, damaged, FUZZ, mutated } from "./inputs.ts";

const record = recordLines({
  runs: [burst(3, (index) => index), burst(3, (index) => (index + 1) % 3)],
  control: [burst(2, () => 7)],
});
const observation = record.find(
  (line) => line.type === "observation" && line.response?.invocation !== undefined,
);

function text(lines: readonly unknown[]): string {
  return lines.map((line) => `${JSON.stringify(line)}\n`).join("");
}

/** Control characters, and those that are not seen or reorder others; lines may end. */
const UNPRINTABLE = /(?![\r\n])[\p{Cc}\p{Cf}\p{Cs}]/u;

/** Throws unless it is an error that the user can do something about. */
function expectToBeSaid(error: unknown): void {
  if (!(error instanceof ExperimentError)) throw error;
  expect(errorWords(error, "command line").nextStep).not.toBe("");
}

test("whatever a 200 holds is refused in words, or is an answer that a record may hold", () => {
  const { response } = observation as { response: object };
  const texts = fc.oneof(
    mutated(response).map((value) => JSON.stringify(value) ?? ""),
    damaged(JSON.stringify(response)).map(String),
    anyBytes.map(String),
  );
  fc.assert(
    fc.property(texts, (body) => {
      const parsed = parseAnswer(body);
      if (parsed.ok) linesOf(text([{ ...observation, response: parsed.answer }]));
      else expect(parsed.problem).not.toBe("");
    }),
    FUZZ,
  );
});

test("whatever a record holds is refused in words, or is reported in every format", async () => {
  const path = join(temporaryFolder(), "record.ndjson");
  const contents = fc.oneof(
    mutated(record).map((lines) => Buffer.from(text(Array.isArray(lines) ? lines : [lines]))),
    damaged(text(record)),
    anyBytes,
  );
  let reported = 0;
  await fc.assert(
    fc.asyncProperty(contents, async (content) => {
      writeFileSync(path, content);
      try {
        for await (const line of readRecord(path)) linesOf(JSON.stringify(line));
        const read = await readExperiment(path, KEPT_IN_PAGE);
        const reports = [textReport(read, false), experimentPage(read)];
        for await (const row of csvRows(readRecord(path), path)) reports.push(row);
        for (const report of reports) expect(report).not.toMatch(UNPRINTABLE);
        JSON.parse(JSON.stringify(jsonReport(read)));
        reported += 1;
      } catch (error) {
        expectToBeSaid(error);
      }
    }),
    FUZZ,
  );
  expect(reported).toBeGreaterThan(0);
});

test("whatever a plan file holds is refused by its field, or is a plan by the published schema", () => {
  const schema = readFileSync(join(ROOT, "experiment/plans/plan.schema.json"), "utf8");
  const isValid = new Ajv2020().compile(JSON.parse(schema));
  const path = join(temporaryFolder(), "plan.json");
  const contents = fc.oneof(
    mutated(referencePlan).map((plan) => Buffer.from(JSON.stringify(plan) ?? "")),
    damaged(JSON.stringify(referencePlan)),
    anyBytes,
  );
  fc.assert(
    fc.property(contents, (content) => {
      writeFileSync(path, content);
      const plan = readPlanFile(path);
      if (Array.isArray(plan)) expect(plan.join("\n")).toMatch(/plan\.json/);
      else expect(isValid(plan)).toBe(true);
    }),
    FUZZ,
  );
});

test("whatever is typed for a plan's options is refused by the option, or is a plan", () => {
  const typed = fc.oneof(
    fc.constantFrom("5", "1,000", "0", "-1", "1e3", "5s", "0.1ms", "60 min", "1h", " ", "Ana,,Bo"),
    fc.string({ unit: "binary" }),
    fc.integer().map(String),
    fc.double().map((value) => `${value}s`),
  );
  const names = ["clients", "concurrency", "requests", "hold", "runs", "pause", "duration"];
  const options = fc.dictionary(fc.constantFrom(...names), typed);
  fc.assert(
    fc.property(fc.constantFrom(...NAMED_PLANS), options, (named, input) => {
      const parsed = parsePlan(input, named);
      if (parsed.ok) expect(parsePlanFile(parsed.plan, "")).toEqual(parsed.plan);
      else for (const { field } of parsed.problems) expect(names).toContain(field);
    }),
    FUZZ,
  );
});
