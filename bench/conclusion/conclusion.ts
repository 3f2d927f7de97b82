/** What it takes to read a record and to conclude from it, up to a million observations. */

import { statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Report } from "../side-by-side.ts";
import { compare, interleave, median, run, TemporaryFolder } from "../side-by-side.ts";
import type { Concluded } from "./conclude-alone.ts";
import { fireOne, writeLongRecord } from "./long-record.ts";

const SIZES = [1_000, 10_000, 100_000, 1_000_000];
const LARGEST = 1_000_000;
/** Of a million observations, times what parsing their lines takes. */
const READING_TARGET = 2;
const CONCLUSION_TARGET = 0.7;
/** The most that a process may have in memory for them, in MB. */
const MEMORY_LIMIT = 700;
/** Time may grow by such a power of the size: 1 is linear. */
const EXPONENT_TARGET = 1.1;

/** Measures each size in processes of their own. */
export async function benchConclusion(report: Report): Promise<void> {
  const points: Point[] = [];
  const fired = await fireOne();
  for (const size of SIZES) {
    using folder = new TemporaryFolder();
    const record = join(folder.path, "record.ndjson");
    writeLongRecord(record, size, fired);
    const { ours, parsing } = await measure(record);
    const what = `${size.toLocaleString("en")} observations`;
    const readMs = parsing.map((sample) => sample.readMs);
    const concludeMs = ours.map((sample) => sample.concludeMs);
    points.push({ size, ms: median(concludeMs) });
    if (size === LARGEST) {
      report.add(
        compare({
          benchmark: `reading ${what}`,
          against: "JSON.parse of its lines",
          ours: ours.map((sample) => sample.readMs),
          theirs: readMs,
          unit: "ms",
          target: READING_TARGET,
        }),
      );
    }
    report.add(
      compare({
        benchmark: `conclusion over ${what}`,
        against: "JSON.parse of its lines",
        ours: concludeMs,
        theirs: readMs,
        unit: "ms",
        ...(size === LARGEST && { target: CONCLUSION_TARGET }),
      }),
    );
    report.add(
      compare({
        benchmark: `memory of the process, ${what}`,
        against: size === LARGEST ? `the limit of ${MEMORY_LIMIT} MB` : "the record's size",
        ours: ours.map(({ memoryMb }) => memoryMb),
        theirs: [size === LARGEST ? MEMORY_LIMIT : statSync(record).size / 2 ** 20],
        unit: "MB",
        ...(size === LARGEST && { target: 1 }),
      }),
    );
  }
  report.add(
    compare({
      benchmark: "growth of a conclusion's time",
      against: "linear growth",
      ours: [exponent(points)],
      theirs: [1],
      unit: "exponent",
      target: EXPONENT_TARGET,
    }),
  );
}

interface Point {
  size: number;
  ms: number;
}

interface Measured {
  ours: Concluded[];
  parsing: Pick<Concluded, "readMs">[];
}

async function measure(record: string): Promise<Measured> {
  const samples = await interleave<keyof Measured, Concluded | Pick<Concluded, "readMs">>({
    ours: () => inItsOwn<Concluded>("conclude-alone.ts", record),
    parsing: () => inItsOwn("parse-alone.ts", record),
  });
  return samples as Measured;
}

async function inItsOwn<T>(program: string, record: string): Promise<T> {
  const path = fileURLToPath(new URL(program, import.meta.url));
  const { message } = await run(process.execPath, [path, record]);
  return message as T;
}

/** The power with which time grows between the two largest sizes, where no fixed cost counts. */
function exponent(points: readonly Point[]): number {
  const [smaller, larger] = points.slice(-2);
  if (!smaller || !larger) return Number.NaN;
  return Math.log(larger.ms / smaller.ms) / Math.log(larger.size / smaller.size);
}
