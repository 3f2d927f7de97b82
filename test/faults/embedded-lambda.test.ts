/** However an embedded Lambda ends, and at whatever moment: no process and no folder outlives it. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { MODELS, type Model } from "../../basics/models.ts";
import { drawn, inputs } from "../effort.ts";
import {
  descendantsOf,
  expectNoTrace,
  firstBelow,
  isAlive,
  killAfterwards,
  type Running,
  readProcessFile,
  start,
  temporaryFile,
  temporaryFolder,
  untilBelow,
  untilEnded,
} from "../processes.ts";
import { startLambdaAlone } from "../programs.ts";
import { waitUntil } from "../wait-until.ts";

/** Reaper, and the processes that serve five requests at once. */
const PROCESSES: Record<Model, number> = {
  "on-demand": 1 + 5,
  "managed-instances": 1 + 1,
  "web-function": 1 + 1,
};

/** Starts one in a folder for temporary files of its own. */
function startAlone(model: Model) {
  const folder = temporaryFolder();
  const running = start("local-lambda", ["--model", model], { TMPDIR: folder });
  return { running, left: () => readdirSync(folder) };
}

/** Sends five requests that last, as soon as there is a URL; what becomes of them does not matter. */
async function keepBusy({ stdout, ended }: Running): Promise<void> {
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

const ENDS = MODELS.flatMap((model) =>
  (["SIGKILL", "SIGTERM"] as const).map((signal) => ({ model, signal })),
);

test.each(drawn(ENDS, 2))(
  "$model leaves no process and no folder, at whatever moment $signal comes",
  async ({ model, signal }) => {
    const all = PROCESSES[model];
    // From the reaper alone to all of them; in a short form the first and the last moment.
    const moments = inputs(2, 20);
    for (let round = 0; round < moments; round++) {
      const moment = round === 1 ? all : 1 + (round % all);
      const { running, left } = startAlone(model);
      const busy = keepBusy(running);
      if (moment === all) await busy;
      const processes = await untilBelow(running.pid, moment);
      running.child.kill(signal);
      const code = await running.ended;
      await busy;
      if (signal === "SIGTERM" && moment === all) {
        // It ends in order, with requests inside.
        expect(code).toBe(0);
        expect(processes.filter(isAlive)).toEqual([]);
        expect(left()).toEqual([]);
        expect(running.stderr()).toBe("");
      }
      await untilEnded(processes);
      await waitUntil("the folder to go", () => left().length === 0);
      expectNoTrace(running.stderr());
    }
  },
);

/** An embedded Lambda one of whose environments is in an endless loop. */
async function startLooping(model: Model) {
  const marker = join(temporaryFolder(), "looping");
  // The first line that the handler logs is the last thing that its thread does.
  const preload = temporaryFile(
    "loop.cjs",
    `process.stdout.write = () => {
       require("node:fs").writeFileSync(${JSON.stringify(marker)}, String(process.pid));
       for (;;);
     };`,
  );
  const args = ["--model", model, "--env", `NODE_OPTIONS=--require=${preload}`];
  const lambda = await startLambdaAlone(args);
  const body = JSON.stringify({ client: "Ana", holdMs: 50 });
  void fetch(lambda.url, { method: "POST", body }).catch(() => undefined);
  const pid = await waitUntil("the loop", () => {
    return existsSync(marker) && (Number(readFileSync(marker, "utf8")) || undefined);
  });
  const [, taskRoot = ""] = /LAMBDA_TASK_ROOT=([^\0]+)/.exec(readProcessFile(pid, "environ")) ?? [];
  return { lambda, pid, taskRoot };
}

test.each(drawn(ENDS, 2))(
  "with $model an endless loop does not outlive an embedded Lambda ended by $signal",
  async ({ model, signal }) => {
    const { lambda, pid, taskRoot } = await startLooping(model);
    const processes = descendantsOf(lambda.pid);
    expect(processes).toContain(pid);
    expect(existsSync(taskRoot)).toBe(true);
    lambda.child.kill(signal);
    await lambda.ended;
    await untilEnded(processes);
    await waitUntil("the folder to go", () => !existsSync(taskRoot));
  },
);

test.each(drawn(MODELS, 1))(
  "with %s a reaper that is killed is followed by another, which ends an endless loop",
  async (model) => {
    const { lambda, taskRoot } = await startLooping(model);
    const processes = descendantsOf(lambda.pid);
    process.kill(firstBelow(lambda.pid), "SIGKILL");
    const next = await waitUntil("another reaper", () =>
      descendantsOf(lambda.pid).find((pid) => !processes.includes(pid)),
    );
    const all = [...processes, next];
    killAfterwards(() => all);
    lambda.child.kill("SIGKILL");
    await lambda.ended;
    await untilEnded(all);
    await waitUntil("the folder to go", () => !existsSync(taskRoot));
  },
);
