import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import {
  defaultConfiguration,
  MODELS,
  type Model,
} from "../../local-lambda/function-configuration.ts";
import { writeRemoteArgument } from "../../local-lambda/remote.ts";
import { inputs } from "../effort.ts";
import { collect, descendantsOf, isAlive, ROOT, start, temporaryFolder } from "../processes.ts";
import { waitUntil } from "../wait-until.ts";

/** Reaper, and the processes that serve five requests at once. */
const PROCESSES: Record<Model, number> = {
  "on-demand": 1 + 5,
  "managed-instances": 1 + 3,
  "web-function": 1 + 1,
};

function startAlone(model: Model) {
  const folder = temporaryFolder();
  const running = start("local-lambda/serve.ts", ["--model", model], { TMPDIR: folder });
  return { running, left: () => readdirSync(folder) };
}

/** Sends five requests that last, as soon as there is a URL; what becomes of them does not matter. */
async function keepBusy({ stdout, ended }: ReturnType<typeof start>): Promise<void> {
  let isOver = false;
  void ended.then(() => {
    isOver = true;
  });
  const url = await waitUntil("the URL", () => /http:\S+/.exec(stdout())?.[0] ?? (isOver && ""));
  if (url === "") return;
  const body = JSON.stringify({ client: "Ana", holdMs: 60_000 });
  for (let request = 0; request < 5; request++) {
    void fetch(url, { method: "POST", body }).catch(() => undefined);
  }
}

test("steered by another program it leaves nothing either", async () => {
  const folder = temporaryFolder();
  const argument = writeRemoteArgument(defaultConfiguration());
  const child = spawn(process.execPath, ["local-lambda/serve.ts", argument], {
    cwd: ROOT,
    env: { ...process.env, TMPDIR: folder },
    stdio: ["pipe", "ignore", "pipe", "ipc"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const complaints = child.stderr ? collect(child.stderr) : () => "there is no pipe";
  await once(child, "message");
  const processes = descendantsOf(child.pid ?? 0);
  child.kill("SIGKILL");
  await waitUntil("the processes to end", () => !processes.some(isAlive));
  await waitUntil("the folder to be empty", () => readdirSync(folder).length === 0);
  expect(complaints()).toBe("");
});

const cases = MODELS.flatMap((model) =>
  (["SIGKILL", "SIGTERM"] as const).map((signal) => ({ model, signal })),
);

test.each(cases)(
  "$model leaves no process and no folder, at whatever moment $signal comes",
  async ({ model, signal }) => {
    for (let round = 0; round < inputs(3, 20); round++) {
      const { running, left } = startAlone(model);
      const busy = keepBusy(running);
      // The moment: when so many processes have been started, from the reaper alone to all of them.
      const moment = 1 + (round % PROCESSES[model]);
      const processes = await waitUntil(`${moment} processes`, () => {
        const found = descendantsOf(running.child.pid ?? 0);
        return found.length >= moment && found;
      });
      running.child.kill(signal);
      await running.ended;
      await busy;
      await waitUntil("every process to end", () => !processes.some(isAlive));
      await waitUntil("the folder to go", () => left().length === 0);
      expect(running.stderr()).not.toMatch(/\n\s+at /);
    }
  },
);

test.each(MODELS)("%s ends in order, with requests inside", async (model) => {
  const { running, left } = startAlone(model);
  await keepBusy(running);
  const processes = await waitUntil("all processes", () => {
    const found = descendantsOf(running.child.pid ?? 0);
    return found.length >= PROCESSES[model] && found;
  });
  running.child.kill("SIGTERM");
  expect(await running.ended).toBe(0);
  expect(processes.filter(isAlive)).toEqual([]);
  expect(left()).toEqual([]);
  expect(running.stderr()).toBe("");
});
