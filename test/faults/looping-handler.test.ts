import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { descendantsOf, isAlive, start, temporaryFolder } from "../processes.ts";
import { waitUntil } from "../wait-until.ts";

/** An embedded Lambda whose only environment is in an endless loop. */
async function startLooping() {
  const folder = temporaryFolder();
  const marker = join(folder, "looping");
  const preload = join(folder, "loop.cjs");
  // The first line that the handler logs is the last thing that its process does.
  writeFileSync(
    preload,
    `const write = process.stdout.write.bind(process.stdout);
     process.stdout.write = (text) => {
       require("node:fs").writeFileSync(${JSON.stringify(marker)}, String(process.pid));
       for (;;);
     };`,
  );
  const lambda = start("local-lambda/main.ts", ["--env", `NODE_OPTIONS=--require=${preload}`]);
  const url = await waitUntil("the URL", () => /http:\S+/.exec(lambda.stdout())?.[0]);
  const body = JSON.stringify({ client: "Ana", holdMs: 50 });
  void fetch(url, { method: "POST", body }).catch(() => undefined);
  const pid = await waitUntil("the loop", () => {
    return existsSync(marker) && Number(readFileSync(marker, "utf8"));
  });
  const [, taskRoot = ""] =
    /LAMBDA_TASK_ROOT=([^\0]+)/.exec(readFileSync(`/proc/${pid}/environ`, "utf8")) ?? [];
  return { lambda, pid, taskRoot };
}

test.each(["SIGKILL", "SIGTERM"] as const)(
  "an environment in an endless loop does not outlive an embedded Lambda ended by %s",
  async (signal) => {
    const { lambda, pid, taskRoot } = await startLooping();
    const processes = descendantsOf(lambda.child.pid ?? 0);
    expect(processes).toContain(pid);
    expect(existsSync(taskRoot)).toBe(true);
    lambda.child.kill(signal);
    await lambda.ended;
    await waitUntil("every process to end", () => !processes.some(isAlive));
    await waitUntil("the folder to go", () => !existsSync(taskRoot));
  },
);
