/**
 * What all parts share: rounds in which each contender has its turn, ratios, their report, and the
 * programs and folders that a turn needs.
 */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What a turn measured, by the names of the values. */
export type Sample = Readonly<Record<string, number>>;

/** One value of the samples, as it is compared. */
interface Comparison {
  /** What is measured of ours, its size included. */
  benchmark: string;
  value: string;
  unit: string;
  /** With whom, and the largest ratio that is good enough; `null` where it is told for its own sake. */
  against: Readonly<Record<string, number | null>>;
}

/**
 * Lets ours and all others have their turns, and reports how they compare. What has no turn, such as
 * a peer that is not installed, or no such value is left out.
 *
 * @returns the samples of each
 */
export async function measureSideBySide(
  report: Report,
  contenders: Readonly<Record<string, () => Promise<Sample>>>,
  comparisons: readonly Comparison[],
  rounds?: number,
): Promise<Record<string, Sample[]>> {
  const samples = await interleave(contenders, rounds);
  for (const { benchmark, value, unit, against } of comparisons) {
    const valuesOf = (name: string) => (samples[name] ?? []).flatMap((one) => one[value] ?? []);
    const figures = Object.entries(against).flatMap(([other, target]) => {
      const [ours, theirs] = [valuesOf("ours"), valuesOf(other)];
      if (ours.length === 0 || theirs.length === 0) return [];
      return compare({ benchmark, against: other, ours, theirs, unit, target });
    });
    report.add(...figures);
  }
  return samples;
}

/**
 * Lets each contender have its turn, round after round, so that a slow moment of the machine meets
 * all alike.
 *
 * @returns the samples of each, in the order of the rounds
 */
async function interleave<Name extends string, T>(
  contenders: Readonly<Record<Name, () => Promise<T>>>,
  rounds = 5,
): Promise<Record<Name, T[]>> {
  const names = Object.keys(contenders) as Name[];
  const samples = Object.fromEntries(names.map((name) => [name, [] as T[]]));
  for (let round = 0; round < rounds; round++) {
    for (const name of names) samples[name]?.push(await contenders[name]());
  }
  return samples as Record<Name, T[]>;
}

/** A ratio, since absolute values differ from machine to machine. `--json` prints it as it is. */
export interface Figure {
  /** What was measured of ours, its size included. */
  benchmark: string;
  /** The floor or the peer that was measured in the same rounds. */
  against: string;
  /** The median of ours divided by the median of theirs. */
  ratio: number;
  /** The largest ratio that is good enough; `null` where the figure is told for its own sake. */
  target: number | null;
  met: boolean | null;
  /** Ours, in `unit`. */
  min: number;
  median: number;
  max: number;
  /** The median of theirs, in `unit`. */
  peer: number;
  unit: string;
}

interface Compared extends Pick<Figure, "benchmark" | "against" | "unit"> {
  ours: readonly number[];
  theirs: readonly number[];
  target?: number | null;
}

/** Divides the medians, and says whether the target is met. */
export function compare({ ours, theirs, target = null, ...what }: Compared): Figure {
  const peer = median(theirs);
  // Nothing against nothing is no worse.
  const ratio = median(ours) === peer ? 1 : median(ours) / peer;
  const met = target === null ? null : ratio <= target;
  const [min, max] = [Math.min(...ours), Math.max(...ours)];
  return { ...what, ratio, target, met, min, median: median(ours), max, peer };
}

/** The middle value; of an even number, the upper one of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/**
 * What is printed: a table of Markdown, whose rows come as they are known, or a line of JSON for each
 * figure. It has the standard output for itself.
 */
export class Report {
  readonly #isJson: boolean;

  constructor(isJson: boolean) {
    this.#isJson = isJson;
    if (isJson) return;
    console.log("| benchmark | ours (min–max) | ours ÷ theirs (target) |\n|---|---|---|");
  }

  /** Prints all figures of one benchmark. */
  add(...figures: readonly Figure[]): void {
    const [first] = figures;
    if (this.#isJson) for (const figure of figures) console.log(JSON.stringify(figure));
    if (this.#isJson || !first) return;
    const { benchmark, min, median, max, unit } = first;
    const ours = `${short(median)} (${short(min)}–${short(max)}) ${unit}`;
    console.log(`| ${benchmark} | ${ours} | ${figures.map(ratioInWords).join(", ")} |`);
  }
}

/** A target that is missed stands in bold type. */
function ratioInWords({ ratio, against, target, met }: Figure): string {
  const words = `${ratio.toFixed(2)} × ${against}${target === null ? "" : ` (≤${target})`}`;
  return met === false ? `**${words}**` : words;
}

/** Three significant digits, and all of a whole number above them. */
function short(value: number): string {
  const digits = Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3));
  return digits.toLocaleString("en");
}

/** A folder that goes at the end of its block, whatever happens in it. */
export class TemporaryFolder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), "bench-of-lambda-concurrency-"));

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/**
 * Runs a program and waits for its end.
 *
 * @returns how many milliseconds it took, and what it sent to its parent, where it is a Node.js
 * @throws Error when it fails, with the last of its complaints
 */
export async function run(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<{ wholeMs: number; message: unknown }> {
  const startedAt = performance.now();
  const child = spawn(program, args, {
    env: { ...process.env, ...env },
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  let message: unknown;
  child.on("message", (sent) => {
    message = sent;
  });
  let complaint = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    complaint = (complaint + text).slice(-1_000);
  });
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${code}:\n${complaint}`);
  return { wholeMs: performance.now() - startedAt, message };
}

/** Runs a program of this project on the Node.js that runs the bench, as the npm scripts do. */
export function runOurs(path: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  return run(process.execPath, ["--import", "./preload.js", path, ...args], env);
}
