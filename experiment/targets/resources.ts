/** What this machine can still give: open files and memory. */

import { inWords } from "../../basics/counts.ts";
import { burstOf, type Plan, shareOf, WHOLE } from "../core/plan/plan.ts";

/** Descriptors that a process needs besides its connections. */
const RESERVED_FILES = 64;

/** The largest burst of a plan. */
export function largestBurst(plan: Plan): number {
  return plan.stages.reduce((largest, stage) => Math.max(largest, burstOf(stage)), 0);
}

/** Whether a process can open that many descriptors beside its own. */
export function hasFiles(needed: number): boolean {
  return needed + RESERVED_FILES <= openFileLimit();
}

/**
 * Whether there are enough open files for a burst.
 *
 * @param filesFor how many a burst of a given size needs
 * @returns why not, and which concurrency would work, as one sentence; or `undefined`
 */
export function lackOfFiles(
  burst: number,
  filesFor: (burst: number) => number,
  what: string,
): string | undefined {
  const limit = openFileLimit();
  const filesIn = (size: number) => filesFor(size) + RESERVED_FILES;
  if (filesIn(burst) <= limit) return undefined;
  let most = burst - 1;
  while (most > 0 && filesIn(most) > limit) most -= 1;
  const lower = most > 0 ? `lower the concurrency to ${most}, or ` : "";
  return (
    `${what} needs ${inWords(filesIn(burst))} open files and the limit is ${inWords(limit)}: ` +
    `${lower}raise the limit with "ulimit -n ${filesIn(burst)}".`
  );
}

/** Why the runner cannot open a connection for each request of its part of a plan's largest burst, if so. */
export function runnerObstacles(plan: Plan, part = WHOLE): string[] {
  const lack = lackOfFiles(largestBurst(plan), (burst) => shareOf(burst, part), "The runner");
  return lack === undefined ? [] : [lack];
}

/** Whether the machine has that many megabytes left; why not, as one sentence, or `undefined`. */
export function lackOfMemory(neededMb: number, what: string): string | undefined {
  const availableMb = Math.floor(process.availableMemory() / 2 ** 20);
  if (neededMb <= availableMb) return undefined;
  return (
    `${what} needs about ${neededMb} MB of memory and ${availableMb} MB are available: ` +
    "lower the concurrency."
  );
}

/** The limit that this process inherited and passes on; Node.js has raised it to the hard one. */
function openFileLimit(): number {
  if (!process.report) return Number.POSITIVE_INFINITY;
  // Listing the network's interfaces may take seconds, and nobody reads them here.
  Object.assign(process.report, { excludeNetwork: true });
  const { userLimits } = process.report.getReport() as {
    userLimits?: { open_files?: { soft: number | "unlimited" } };
  };
  const soft = userLimits?.open_files?.soft;
  return typeof soft === "number" ? soft : Number.POSITIVE_INFINITY;
}
