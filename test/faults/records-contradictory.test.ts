import { expect, test } from "vitest";
import type { RecordLine } from "../../experiment/core/record-lines.ts";
import { start, temporaryFolder } from "../processes.ts";
import { burst, CROSS_CHECK, recordLines, writeRecord } from "../report/records.ts";

const lines = recordLines({ runs: [burst(5, (index) => index), burst(5, (index) => index)] });

async function report(record: readonly RecordLine[], ...args: string[]): Promise<string> {
  const path = writeRecord(temporaryFolder(), "r.ndjson", record);
  const running = start("experiment/command/report-records.ts", [path, ...args]);
  expect(await running.ended).toBe(0);
  return running.stdout();
}

test("a cross-check that contradicts itself, or is of another experiment, confirms nothing", async () => {
  expect(await report([...lines, CROSS_CHECK])).toMatch(/^CROSS-CHECKED {2}.*said the same\.$/m);
  const difference = "1 request is in another log stream.";
  const listing = await report([...lines, { ...CROSS_CHECK, differences: [difference] }]);
  expect(listing).toMatch(/^DISAGREEMENT {2}CloudWatch has .*\. 1 request is in another log stre/m);
  expect(listing).toMatch(
    /^Note: A cross-check on the record calls itself an agreement and lists/m,
  );
  const empty = await report([...lines, { ...CROSS_CHECK, requests: 0, streams: 0 }]);
  expect(empty).toMatch(
    /^NOT CROSS-CHECKED {2}CloudWatch has 0 requests .* confirms no answer\.$/m,
  );
  const foreign = await report([...lines, { ...CROSS_CHECK, experiment: "another" }]);
  expect(foreign).not.toMatch(/CROSS-CHECKED/);
  expect(foreign).toMatch(/^Note: Left out: 1 of the record's verdicts and cross-checks, of anot/m);
});

test("runs at different deployments have a note, and are evidence for none of them", async () => {
  const other = (line: RecordLine): RecordLine =>
    line.type === "run" && line.index === 1
      ? { ...line, target: { ...line.target, deployment: "sha-of-other-code" } }
      : line;
  const said =
    /The runs of the experiment were fired at different deployments\. Its verdict is over/;
  expect(await report(lines)).not.toMatch(said);
  for (const format of ["text", "html", "json"]) {
    expect(await report(lines.map(other), "--format", format)).toMatch(said);
  }
  const whole = writeRecord(
    temporaryFolder(),
    "whole.ndjson",
    recordLines({ id: "o", runs: [burst(5, (index) => index)] }),
  );
  const compared = await report(lines.map(other), whole, "--format", "json");
  const { deployments } = JSON.parse(compared);
  expect(deployments).toMatchObject([{ records: [whole], isolated: 1, trials: 4 }]);
});

test("a request that failed is not shown as answered, whatever its line carries", async () => {
  const failed = (line: RecordLine): RecordLine =>
    line.type === "observation" && line.index === 0
      ? { ...line, outcome: "failed", status: 502, message: "it threw" }
      : line;
  const text = await report(lines.map(failed));
  expect(text).toMatch(/^Run 1 of 2 · cold · .* · 1 failed$/m);
  expect(text).toMatch(/^ {2}Ana +failed +it threw$/m);
  expect(text).not.toMatch(/^ {2}Ana .*counter/m);
  expect(text).toMatch(/^Note: Left out: 2 answers of requests whose outcome is not ok\.$/m);
  const page = await report(lines.map(failed), "--format", "html");
  expect(page).not.toMatch(/<td[^>]*>Ana<\/td>(?:(?!<\/tr>)[\s\S])*counter/);
});
