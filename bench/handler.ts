/** What the deployed code costs at a cold start: its size, and the time until it is initialized. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { bundleHandler } from "../basics/bundle.ts";
import { compare } from "./figures.ts";
import { interleave } from "./interleave.ts";
import type { Report } from "./report.ts";
import { run } from "./run-program.ts";
import { TemporaryFolder } from "./temporary-folder.ts";

const ROUNDS = 25;
const EMPTY = "export const handler = async () => {};\n";

/** Measures the bundle against a handler that does nothing. */
export async function benchHandler(report: Report): Promise<void> {
  const bundle = await bundleHandler();
  const kB = (text: string) => Buffer.byteLength(text) / 1_000;
  const against = "an empty handler";
  report.add(
    compare({
      benchmark: "size of the bundle",
      against,
      ours: [kB(bundle)],
      theirs: [kB(EMPTY)],
      unit: "kB",
    }),
  );
  using folder = new TemporaryFolder();
  const write = (name: string, source: string): string => {
    const file = join(folder.path, name);
    writeFileSync(file, source);
    return file;
  };
  const [ours, empty] = [write("ours.mjs", bundle), write("empty.mjs", EMPTY)];
  const samples = await interleave(
    { ours: () => initMs(ours), empty: () => initMs(empty) },
    ROUNDS,
  );
  report.add(
    compare({
      benchmark: "init of the bundle",
      against,
      ours: samples.ours,
      theirs: samples.empty,
      unit: "ms",
    }),
  );
}

/** How long a Node.js of its own takes to import a module, as a runtime does at a cold start. */
async function initMs(file: string): Promise<number> {
  const script = `
    const startedAt = performance.now();
    await import(${JSON.stringify(file)});
    process.send({ ms: performance.now() - startedAt });
    process.disconnect();`;
  const { message } = await run(process.execPath, ["--input-type=module", "--eval", script]);
  return (message as { ms: number }).ms;
}
