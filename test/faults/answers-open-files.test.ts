import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { answerPlainly, startServer } from "../http-server.ts";
import { collect, ROOT, temporaryFolder } from "../processes.ts";
import { linesOf } from "../record-lines.ts";

const MAX_FILES = 256;

/** Runs the real program where no process may have more open files than that. */
async function fire(target: string, concurrency: string) {
  const data = temporaryFolder();
  const program = join(ROOT, "experiment/command/run-experiment.ts");
  const plan = ["--concurrency", concurrency, "--hold", "100ms", "--runs", "1", "--json"];
  const limited = `ulimit -n ${MAX_FILES} && exec "$0" "$@"`;
  const command = [process.execPath, program, "--target", target, ...plan];
  const child = spawn("sh", ["-c", limited, ...command], {
    env: { ...process.env, LAMBDA_CONCURRENCY_TEST_DATA: data },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
  const [code] = await once(child, "close");
  return { code, stdout: stdout(), stderr: stderr(), recorded: readdirSync(data) };
}

test("fewer open files than a plan needs are said before the shot, with the concurrency that works", async () => {
  const server = await startServer(answerPlainly);
  const targets = { [server.url.href]: "The runner", local: "The embedded Lambda" };
  for (const [target, who] of Object.entries(targets)) {
    const refused = await fire(target, "1000");
    const pattern = new RegExp(
      `^error: This plan cannot work here\\. ${who} needs [\\d,]+ open files and the limit is ` +
        `${MAX_FILES}: lower the concurrency to (\\d+), or raise the limit with "ulimit -n \\d+"\\.\n` +
        "Change the plan\\.\n$",
    );
    expect(refused.stderr).toMatch(pattern);
    expect(refused).toMatchObject({ code: 1, stdout: "", recorded: [] });
    expect(server.requests).toEqual([]);

    const [, most = ""] = pattern.exec(refused.stderr) ?? [];
    const fired = await fire(target, most);
    expect(fired.stderr).toBe("");
    expect(linesOf(fired.stdout).at(-1)).toMatchObject({ outcomes: { ok: Number(most) } });
    server.requests.length = 0;
  }
});
