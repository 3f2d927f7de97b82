import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../test/processes.ts";
import { burst, partLines, recordLines, writeRecord } from "../../test/report/records.ts";
import { compareRecords } from "./comparison.ts";
import { jsonComparison, jsonReport, toJsonSchema } from "./json-report.ts";
import { readExperiment } from "./recorded-experiment.ts";

test("the published schema is the one that is meant; npm run schema publishes it anew", () => {
  const published = readFileSync(new URL("report.schema.json", import.meta.url), "utf8");
  expect(JSON.parse(published)).toEqual(JSON.parse(JSON.stringify(toJsonSchema())));
});

test("reports and comparisons keep to the schema", async () => {
  const folder = temporaryFolder();
  const lines = recordLines({ runs: [burst(5, (index) => index)], control: [burst(5, () => 9)] });
  const kept = { perRun: 0, inAll: 0 };
  const one = await readExperiment(writeRecord(folder, "one", lines), kept);
  const cut = await readExperiment(writeRecord(folder, "cut", lines.slice(0, 3)), kept);
  const [part = []] = partLines(recordLines({ runs: [burst(5, (index) => index)] }), 2);
  const ofPart = await readExperiment(writeRecord(folder, "part", part), kept);
  const validate = new Ajv2020({ validateFormats: false }).compile(toJsonSchema());
  for (const report of [
    jsonReport(one),
    jsonReport(cut),
    jsonReport(ofPart),
    jsonComparison(compareRecords([one, cut])),
  ]) {
    expect(validate(JSON.parse(JSON.stringify(report))), JSON.stringify(validate.errors)).toBe(
      true,
    );
  }
});
