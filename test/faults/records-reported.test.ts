import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { expect, test } from "vitest";
import { type Running, start, temporaryFolder } from "../processes.ts";
import { burst, recordLines } from "../report/records.ts";
import { waitUntil } from "../wait-until.ts";

const REQUESTS = 200_000;

/** A record that takes a while to be reported. */
function largeRecord(): string {
  const [run] = recordLines({ runs: [burst(5, (index) => index)] });
  const observations = Array.from({ length: REQUESTS }, (_, index) =>
    JSON.stringify({
      type: "observation",
      run: "e/experiment-1",
      index,
      client: "Ana",
      outcome: "aborted",
    }),
  );
  const path = join(temporaryFolder(), "large.ndjson");
  writeFileSync(path, `${[JSON.stringify(run), ...observations].join("\n")}\n`);
  return path;
}

/** A report that has begun to write its file. */
async function begunReport(record: string, out: string): Promise<Running> {
  const running = start("experiment/command/report-records.ts", [record, "--out", out]);
  const folder = dirname(out);
  await waitUntil("the first rows", () =>
    readdirSync(folder).some((name) => statSync(join(folder, name)).size > 0),
  );
  return running;
}

test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
  "a report that %s ends leaves no part of its file, and the next one is written",
  async (signal) => {
    const record = largeRecord();
    const out = join(temporaryFolder(), "report.csv");
    const running = await begunReport(record, out);
    expect(existsSync(out)).toBe(false);
    running.child.kill(signal);
    expect(await running.ended).toBe(130);
    expect(running.stderr()).toBe("");
    expect(readdirSync(dirname(out))).toEqual([]);
    if (signal !== "SIGINT") return;
    expect(await start("experiment/command/report-records.ts", [record, "--out", out]).ended).toBe(
      0,
    );
    expect(readFileSync(out, "utf8").match(/\n/g)).toHaveLength(REQUESTS + 1);
    expect(statSync(out).mode & 0o777).toBe(0o600);
    expect(readdirSync(dirname(out))).toEqual([basename(out)]);
  },
);

test("a report that is killed leaves nothing under its name, and one that is overtaken replaces nothing", async () => {
  const record = largeRecord();
  const out = join(temporaryFolder(), "report.csv");
  const killed = await begunReport(record, out);
  killed.child.kill("SIGKILL");
  await killed.ended;
  expect(existsSync(out)).toBe(false);

  const other = join(temporaryFolder(), "report.csv");
  const overtaken = await begunReport(record, other);
  overtaken.child.kill("SIGSTOP");
  writeFileSync(other, "somebody else's", { flag: "wx" });
  overtaken.child.kill("SIGCONT");
  expect(await overtaken.ended).toBe(2);
  expect(overtaken.stderr()).toContain(`${other} exists, and is not overwritten.`);
  expect(readFileSync(other, "utf8")).toBe("somebody else's");
  expect(readdirSync(dirname(other))).toEqual([basename(other)]);
});
