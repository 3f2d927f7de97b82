import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { crossCheck } from "../../experiment/cross-check.ts";
import { startServer } from "../http-server.ts";
import { type Running, start, temporaryFolder } from "../processes.ts";
import { linesOf } from "../record-lines.ts";
import { burst, recordLines, writeRecord } from "../report/records.ts";
import { openScreen } from "../screen/open-screen.ts";
import { waitUntil } from "../wait-until.ts";
import { makePipe } from "./make-pipe.ts";
import { answerAlone } from "./own-process-each.ts";
import { recordsIn, wholeLines } from "./recorded-run.ts";

const EXPERIMENT = "experiment/command/run-experiment.ts";
const REPORT = "experiment/command/report-records.ts";

interface Held {
  running: Running;
  data: string;
  /** Lets the server answer. */
  answer: () => void;
}

/** An experiment that has fired, and is not answered yet. */
async function heldExperiment(...args: string[]): Promise<Held> {
  const held: (() => void)[] = [];
  const { url } = await startServer((request, response) => {
    held.push(() => answerAlone(request, response));
  });
  const data = temporaryFolder();
  const all = ["--target", url.href, "--concurrency", "2", "--runs", "1", ...args];
  const running = start(EXPERIMENT, all, { LAMBDA_CONCURRENCY_TEST_DATA: data });
  await waitUntil("the burst", () => held.length === 2);
  return { running, data, answer: () => held.forEach((answer) => void answer()) };
}

test("a record that is deleted or moved away while it is written stands under its path at the end", async () => {
  const meddlers: ((folder: string) => void)[] = [
    (folder) => rmSync(folder, { recursive: true }),
    (folder) => renameSync(folder, join(temporaryFolder(), "moved")),
  ];
  for (const meddle of meddlers) {
    const { running, data, answer } = await heldExperiment();
    meddle(join(data, "records"));
    answer();
    await running.ended;
    expect(running.stderr()).toBe("");
    const [path] = recordsIn(data);
    expect(/^Record: (.*)$/m.exec(running.stdout())?.[1]).toBe(path);
    const types = wholeLines(path).map(({ type }) => type);
    expect(types).toEqual(["run", "observation", "observation", "verdict", "verdict"]);
  }
});

test("a record that cannot stand where it was is kept elsewhere, and one that was cut is named", async () => {
  const folder = join(temporaryFolder(), "folder");
  const { running, data, answer } = await heldExperiment("--out", join(folder, "r.ndjson"));
  rmSync(folder, { recursive: true });
  writeFileSync(folder, "something else");
  answer();
  expect(await running.ended).toBe(1);
  const [kept = ""] = recordsIn(data);
  expect(running.stderr()).toMatch(
    /^error: The record is gone from .*folder.r\.ndjson, and cannot be/,
  );
  expect(running.stderr()).toContain(
    `It was kept as ${kept}.\nRead it with: npm run report -- ${kept}`,
  );
  expect(wholeLines(kept)).toHaveLength(5);

  const cut = await heldExperiment();
  truncateSync(recordsIn(cut.data)[0] ?? "");
  cut.answer();
  expect(await cut.running.ended).toBe(1);
  expect(cut.running.stderr()).toMatch(
    /^error: Somebody cut the record .* \d+ bytes of it are lost/,
  );
  // What came afterwards is there, without a gap.
  expect(linesOf(readFileSync(recordsIn(cut.data)[0] ?? "", "utf8"))).toHaveLength(4);
});

test("a record that somebody writes into while it is written is named, and what its runner wrote is on it", async () => {
  const meddlers: ((path: string) => void)[] = [
    (path) => appendFileSync(path, "garbage\n"),
    (path) => truncateSync(path, 100_000),
  ];
  for (const meddle of meddlers) {
    const { running, data, answer } = await heldExperiment();
    const [path = ""] = recordsIn(data);
    const before = statSync(path).size;
    meddle(path);
    const more = statSync(path).size - before;
    answer();
    expect(await running.ended).toBe(1);
    expect(running.stderr()).toContain(
      `error: Somebody wrote into the record ${path} while it was written: ${more} bytes in it are not its runner's.\nRun again`,
    );
    const bytes = readFileSync(path);
    const its = Buffer.concat([bytes.subarray(0, before), bytes.subarray(before + more)]);
    expect(linesOf(its.toString())).toHaveLength(5);
  }
});

test("a record that is being written is not cross-checked, and loses nothing by it", async () => {
  const { running, data, answer } = await heldExperiment();
  const [path = ""] = recordsIn(data);
  const checking = crossCheck(path, AbortSignal.timeout(60_000));
  await expect(checking).rejects.toMatchObject({
    kind: "record in use",
    facts: { path, purpose: "continue" },
  });
  answer();
  await running.ended;
  expect(running.stderr()).toBe("");
  expect(wholeLines(path)).toHaveLength(5);
});

test("whatever lies in the records folder, experiments end and the history has the others", async () => {
  const { running, data, answer } = await heldExperiment();
  const folder = join(data, "records");
  mkdirSync(join(folder, "folder.ndjson"));
  writeFileSync(join(folder, "endless.ndjson"), "");
  truncateSync(join(folder, "endless.ndjson"), 600 * 2 ** 20);
  makePipe(join(folder, "pipe.ndjson"));
  answer();
  await running.ended;
  expect(running.stderr()).toBe("");
  expect(running.stdout()).toMatch(/^Record: /m);
  const { terminal } = await openScreen({ data });
  terminal.press("h");
  await terminal.shows(/http:\/\/127\S+ +2 +2 +\w+/);
});

test("a record that may be being written is not deleted from the history", async () => {
  const { running, data, answer } = await heldExperiment();
  const [path = ""] = recordsIn(data);
  const { terminal } = await openScreen({ data });
  terminal.press("h");
  await terminal.shows(/not concluded/);
  terminal.press("d");
  await terminal.shows(/delete it for good/);
  terminal.press("y");
  await terminal.shows(/could not be deleted: a runner may still be writing it/);
  expect(existsSync(path)).toBe(true);
  answer();
  await running.ended;
  expect(wholeLines(path)).toHaveLength(5);
});

test("a runner that was killed before the first answer has fired, and the report says so", async () => {
  const { running, data } = await heldExperiment();
  running.child.kill("SIGKILL");
  await running.ended;
  const [path = ""] = recordsIn(data);
  expect(wholeLines(path).map(({ type }) => type)).toEqual(["run"]);
  const said = /Requests were fired, and the runner ended before any of their answers was recorded/;
  const text = start(REPORT, [path]);
  expect(await text.ended).toBe(0);
  expect(text.stdout()).toMatch(said);
  expect(text.stdout()).not.toMatch(/Nothing was fired/);
});

test("a record of absurd names, times and numbers is refused by its line, or reported in few words", async () => {
  const name = "a".repeat(1e6);
  const folder = temporaryFolder();
  const lines = recordLines({ runs: [burst(3, (index) => index)], clients: [name, "Bo", "Cy"] });
  const long = start(REPORT, [writeRecord(folder, "long.ndjson", lines)]);
  expect(await long.ended).toBe(0);
  expect(long.stdout()).toContain(`${"a".repeat(100)}…`);
  expect(long.stdout().length).toBeLessThan(5_000);

  const once = lines.map((line) => (line.type === "observation" ? { ...line, index: 0 } : line));
  const again = start(REPORT, [writeRecord(folder, "again.ndjson", once)]);
  expect(await again.ended).toBe(0);
  expect(again.stdout()).toMatch(/^Note: Of run 1 of the experiment 1 of 3 requests are on the/m);
  expect(again.stdout()).toMatch(/^Note: Of run 1 of the experiment 2 observations .* repeated/m);

  const late = lines.map((line) => (line.type === "run" ? { ...line, index: 999 } : line));
  const never = lines.map((line) =>
    line.type === "observation" ? { ...line, answeredAt: 1e305 } : line,
  );
  for (const [number, absurd] of [late, never].entries()) {
    const refused = start(REPORT, [writeRecord(folder, "absurd.ndjson", absurd)]);
    expect(await refused.ended).toBe(2);
    expect(refused.stderr()).toContain(
      `line ${number + 1}: ${["index", "answeredAt"][number]} is `,
    );
  }
});
