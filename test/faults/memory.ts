/** How much a running program holds: memory after a collection of garbage, and open files. */

import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "../processes.ts";
import { waitUntil } from "../wait-until.ts";

export interface Held {
  /** In MB. */
  heap: number;
  rss: number;
  files: number;
}

export interface Scales {
  /** What the program must import before all else. */
  preload: string;
  /** Weighs it, as often as it is asked to. */
  weigh: (pid: number) => Promise<Held>;
}

/** On a signal the program collects its garbage and writes down what is left. */
export function scales(): Scales {
  const folder = temporaryFolder();
  const preload = join(folder, "weigh.mjs");
  writeFileSync(
    preload,
    `import { renameSync, writeFileSync } from "node:fs";
     import { setFlagsFromString } from "node:v8";
     import { runInNewContext } from "node:vm";
     setFlagsFromString("--expose-gc");
     const collect = runInNewContext("gc");
     let weighed = 0;
     process.on("SIGUSR2", () => {
       collect();
       const { heapUsed, rss } = process.memoryUsage();
       weighed += 1;
       const path = ${JSON.stringify(folder)} + "/" + process.pid + "-" + weighed;
       writeFileSync(path + ".part", JSON.stringify({ heap: heapUsed / 1e6, rss: rss / 1e6 }));
       renameSync(path + ".part", path);
     });`,
  );
  const times = new Map<number, number>();
  const weigh = async (pid: number): Promise<Held> => {
    const time = (times.get(pid) ?? 0) + 1;
    times.set(pid, time);
    const path = join(folder, `${pid}-${time}`);
    process.kill(pid, "SIGUSR2");
    await waitUntil(`the weight of ${pid}`, () => existsSync(path));
    const files = readdirSync(`/proc/${pid}/fd`).length;
    return { ...(JSON.parse(readFileSync(path, "utf8")) as Omit<Held, "files">), files };
  };
  return { preload, weigh };
}

/** Medians of the first and of the last third of what was weighed, after a quarter to warm up. */
export function thirds(weights: readonly Held[]): { first: Held; last: Held } {
  const warm = weights.slice(Math.floor(weights.length / 4));
  const length = Math.ceil(warm.length / 3);
  return { first: medians(warm.slice(0, length)), last: medians(warm.slice(-length)) };
}

function medians(weights: readonly Held[]): Held {
  const median = (of: keyof Held) =>
    weights.map((held) => held[of]).sort((a, b) => a - b)[Math.floor(weights.length / 2)] ?? 0;
  return { heap: median("heap"), rss: median("rss"), files: median("files") };
}
