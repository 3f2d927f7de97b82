/** What it takes to read a record and to conclude from it, up to a million observations. */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { fireOne, writeLongRecord } from "./long-record.ts";
import {
  compare,
  measureSideBySide,
  median,
  type Report,
  run,
  type Sample,
  TemporaryFolder,
} from "./side-by-side.ts";

const SIZES = [1_000, 10_000, 100_000, 1_000_000];
const LARGEST = 1_000_000;
const READ_ALONE = fileURLToPath(new URL("read-alone.ts", import.meta.url));
const PARSING = "JSON.parse of its lines";
/** The most that a process may have in memory for a million observations, in MB. */
const MEMORY_LIMIT = 700;
const LIMIT = `the limit of ${MEMORY_LIMIT} MB`;
/** Of a million observations: the largest ratios that are good enough. */
const TARGETS = { reading: 2, conclusion: 0.7, memory: 1 };
/** Time may grow by such a power of the size: 1 is linear. */
const EXPONENT_TARGET = 1.1;

/** Measures each size in processes of their own. */
export async function benchConclusion(report: Report): Promise<void> {
  const times: number[] = [];
  const fired = await fireOne();
  for (const size of SIZES) {
    using folder = new TemporaryFolder();
    const record = join(folder.path, "record.ndjson");
    writeLongRecord(record, size, fired);
    const target = (name: keyof typeof TARGETS) => (size === LARGEST ? TARGETS[name] : null);
    const what = `${size.toLocaleString("en")} observations`;
    const samples = await measureSideBySide(
      report,
      {
        ours: () => readAlone("conclude", record),
        [PARSING]: () => readAlone("parse", record),
        [LIMIT]: async () => ({ memoryMb: MEMORY_LIMIT }),
      },
      [
        {
          benchmark: `reading ${what}`,
          value: "readMs",
          unit: "ms",
          against: { [PARSING]: target("reading") },
        },
        {
          benchmark: `conclusion over ${what}`,
          value: "concludeMs",
          unit: "ms",
          against: { [PARSING]: target("conclusion") },
        },
        {
          benchmark: `memory of the process, ${what}`,
          value: "memoryMb",
          unit: "MB",
          against: { [LIMIT]: target("memory") },
        },
      ],
    );
    times.push(median((samples.ours ?? []).flatMap(({ concludeMs }) => concludeMs ?? [])));
  }
  report.add(
    compare({
      benchmark: "growth of a conclusion's time",
      against: "linear growth",
      ours: [exponentOf(times)],
      theirs: [1],
      unit: "exponent",
      target: EXPONENT_TARGET,
    }),
  );
}

async function readAlone(what: "conclude" | "parse", record: string): Promise<Sample> {
  return (await run(process.execPath, [READ_ALONE, what, record])).message as Sample;
}

/** The power with which time grows between the two largest sizes, where no fixed cost counts. */
function exponentOf(times: readonly number[]): number {
  const [smaller = Number.NaN, larger = Number.NaN] = times.slice(-2);
  return Math.log10(larger / smaller);
}
