/** What all parts share: rounds in which each contender has its turn, and the ratios of their medians. */

import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** What a turn measured, each value by the name that its row begins with. */
export type Sample = Readonly<Record<string, number>>;

/** The largest ratio that is good enough, by contender; `null` where it is told for its own sake. */
export type Targets = Readonly<Record<string, number | null>>;

/** What has its turns; or a limit, which is the same for each value. */
type Contender = number | (() => Promise<Sample>);

/** Of what is not in milliseconds. */
const UNITS: Readonly<Record<string, string>> = {
  alone: "requests",
  "memory of each": "MB",
  "memory of the process,": "MB",
  "wake-ups at rest": "/s",
};

/**
 * Lets ours and all others have their turns, round after round, so that a slow moment of the machine
 * meets all alike. Prints, as rows of a Markdown table, how many times theirs the median of ours is:
 * absolute values differ from machine to machine. What has no turn, such as a peer that is not
 * installed, is left out.
 *
 * @param targets of each value that is compared
 * @param what behind the value's name in its row, such as the size
 */
export async function measureSideBySide(
  contenders: Readonly<Record<string, Contender>>,
  targets: Readonly<Record<string, Targets>>,
  { what = "", rounds = 3 }: { what?: string; rounds?: number | undefined } = {},
): Promise<void> {
  const samples: Record<string, Sample[]> = {};
  for (let round = 0; round < rounds; round++) {
    for (const [name, contender] of Object.entries(contenders)) {
      const sample = typeof contender === "function" ? await contender() : undefined;
      if (sample) samples[name] = [...(samples[name] ?? []), sample];
    }
  }
  for (const [value, against] of Object.entries(targets)) {
    const valuesOf = (name: string) => {
      const limit = contenders[name];
      if (typeof limit === "number") return [limit];
      return (samples[name] ?? []).flatMap((sample) => sample[value] ?? []);
    };
    const ours = valuesOf("ours");
    const ratios = Object.entries(against).flatMap(([name, target]) => {
      const theirs = valuesOf(name);
      return theirs.length > 0 ? ratioInWords(median(ours), median(theirs), name, target) : [];
    });
    if (ours.length === 0 || ratios.length === 0) continue;
    const [middle, min, max] = [median(ours), Math.min(...ours), Math.max(...ours)].map(short);
    const measured = `${middle} (${min}–${max}) ${UNITS[value] ?? "ms"}`;
    console.log(`| ${`${value} ${what}`.trim()} | ${measured} | ${ratios.join(", ")} |`);
  }
}

/** A target that is missed stands in bold type. */
function ratioInWords(ours: number, theirs: number, name: string, target: number | null): string {
  // Nothing against nothing is no worse.
  const ratio = ours === theirs ? 1 : ours / theirs;
  const words = `${ratio.toFixed(2)} × ${name}${target === null ? "" : ` (≤${target})`}`;
  return target !== null && ratio > target ? `**${words}**` : words;
}

/** Three significant digits, and all of a whole number above them. */
function short(value: number): string {
  const digits = Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3));
  return digits.toLocaleString("en");
}

/** The middle value; of an even number, the upper one of the two in the middle. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/**
 * Runs a program to its end.
 *
 * @returns how many milliseconds it took, and what it printed
 * @throws Error when it fails, with its complaints
 */
export async function run(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const startedAt = performance.now();
  const { stdout } = await promisify(execFile)(program, args, { env: { ...process.env, ...env } });
  return { ms: performance.now() - startedAt, stdout };
}

/** The arguments of Node.js that start a program of this project as the npm scripts do. */
export function programOf(path: string, args: readonly string[] = []): string[] {
  return ["--import", "./preload.js", path, ...args];
}
