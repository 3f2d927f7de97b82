/** What local environments cost, cold and warm, against bare processes of Node.js. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { BUNDLE_FILE, bundleHandler } from "../../basics/bundle.ts";
import { compare } from "../figures.ts";
import { interleave } from "../interleave.ts";
import type { Report } from "../report.ts";
import { RunningProgram } from "../running.ts";
import { TemporaryFolder } from "../temporary-folder.ts";
import { bareProcesses, coldEnvironments } from "./cold.ts";
import { msPerRequest } from "./warm.ts";

const SIZES = [1, 10, 100, 500];
const WARM_SIZES = [1, 50];

/** Ours may be so many times a bare process's. */
const TIME_TARGET = 1.5;
const MEMORY_TARGET = 1.3;

/** Measures starts, memory and warm throughput. */
export async function benchEnvironments(report: Report): Promise<void> {
  for (const count of SIZES) await benchCold(report, count);
  for (const count of WARM_SIZES) await benchWarm(report, count);
}

async function benchCold(report: Report, count: number): Promise<void> {
  const samples = await interleave({
    ours: () => coldEnvironments(count),
    bare: () => bareProcesses(count),
  });
  const what = count === 1 ? "cold environment" : `${count} cold environments`;
  const against = "bare processes";
  const [ours, theirs] = [samples.ours, samples.bare];
  const times = (all: typeof ours) => all.map(({ ms }) => ms);
  report.add(
    compare({
      benchmark: `until ${what} ${count === 1 ? "has" : "have"} answered`,
      against,
      ours: times(ours),
      theirs: times(theirs),
      unit: "ms",
      target: TIME_TARGET,
    }),
  );
  if (process.platform !== "linux") return;
  const memory = (all: typeof ours) => all.map(({ memoryMb }) => memoryMb);
  report.add(
    compare({
      benchmark: `private memory of each, ${what}`,
      against,
      ours: memory(ours),
      theirs: memory(theirs),
      unit: "MB",
      target: MEMORY_TARGET,
    }),
  );
}

async function benchWarm(report: Report, count: number): Promise<void> {
  using folder = new TemporaryFolder();
  const bundle = join(folder.path, BUNDLE_FILE);
  writeFileSync(bundle, await bundleHandler());
  const bareHttp = fileURLToPath(new URL("bare-http.ts", import.meta.url));
  await using lambda = new RunningProgram(["local-lambda/main.ts", "--port", "0", "--quiet"]);
  await using bare = new RunningProgram([bareHttp, bundle]);
  const [ours = ""] = await lambda.printed(/http:\S+/);
  const [theirs = ""] = await bare.printed(/http:\S+/);
  const samples = await interleave({
    ours: () => msPerRequest(new URL(ours), count),
    bare: () => msPerRequest(new URL(theirs), count),
  });
  report.add(
    compare({
      benchmark: `warm request, ${count === 1 ? "one environment" : `${count} environments`}`,
      against: "bare node:http",
      ours: samples.ours,
      theirs: samples.bare,
      unit: "ms",
    }),
  );
}
