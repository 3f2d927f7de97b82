import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { MODELS, type Model } from "../../local-lambda/function-configuration.ts";
import { descendantsOf, isAlive, start, temporaryFolder } from "../processes.ts";
import { waitUntil } from "../wait-until.ts";

/** An embedded Lambda one of whose environments is in an endless loop. */
async function startLooping(model: Model) {
  const folder = temporaryFolder();
  const marker = join(folder, "looping");
  const preload = join(folder, "loop.cjs");
  // The first line that the handler logs is the last thing that its thread does.
  writeFileSync(
    preload,
    `const write = process.stdout.write.bind(process.stdout);
     process.stdout.write = (text) => {
       require("node:fs").writeFileSync(${JSON.stringify(marker)}, String(process.pid));
       for (;;);
     };`,
  );
  const args = ["--model", model, "--env", `NODE_OPTIONS=--require=${preload}`];
  const lambda = start("local-lambda/serve.ts", args);
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

const ENDS = MODELS.flatMap((model) => [
  { model, signal: "SIGKILL" as const },
  { model, signal: "SIGTERM" as const },
]);

test.each(ENDS)(
  "with $model an endless loop does not outlive an embedded Lambda ended by $signal",
  async ({ model, signal }) => {
    const { lambda, pid, taskRoot } = await startLooping(model);
    const processes = descendantsOf(lambda.child.pid ?? 0);
    expect(processes).toContain(pid);
    expect(existsSync(taskRoot)).toBe(true);
    lambda.child.kill(signal);
    await lambda.ended;
    await waitUntil("every process to end", () => !processes.some(isAlive));
    await waitUntil("the folder to go", () => !existsSync(taskRoot));
  },
);

test.each(MODELS)(
  "with %s a reaper that is killed is followed by another, which ends an endless loop",
  async (model) => {
    const { lambda, taskRoot } = await startLooping(model);
    const processes = descendantsOf(lambda.child.pid ?? 0);
    const [reaper = 0] = processes;
    process.kill(reaper, "SIGKILL");
    const next = await waitUntil("another reaper", () =>
      descendantsOf(lambda.child.pid ?? 0).find((pid) => !processes.includes(pid)),
    );
    onTestFinished(() => {
      for (const pid of [...processes, next].filter(isAlive)) process.kill(pid, "SIGKILL");
    });
    lambda.child.kill("SIGKILL");
    await lambda.ended;
    await waitUntil("every process to end", () => ![...processes, next].some(isAlive));
    await waitUntil("the folder to go", () => !existsSync(taskRoot));
  },
);
