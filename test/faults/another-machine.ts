/**
 * Programs of this project on a machine that lacks something, by Linux namespaces: a disk or a user
 * of their own, which are gone with the last process that sees them.
 */

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { collect, ROOT, type Running } from "../processes.ts";

/** Begins with its own mount points; then a shell's script, which gets the program as its words. */
function withDisk(script: string): string[] {
  return ["unshare", "-rm", "sh", "-ec", script, "sh"];
}

/** A disk that takes no more than so many KB, in place of a folder; kept afterwards in another. */
export const smallDisk = (kb: number, folder: string, kept: string): string[] =>
  withDisk(
    `mount -t tmpfs -o size=${kb}k none "${folder}"; code=0; "$@" || code=$?; ` +
      `cp -r "${folder}/." "${kept}"; exit $code`,
  );

export const readOnlyDisk = (folder: string): string[] =>
  withDisk(`mount -t tmpfs -o ro none "${folder}"; exec "$@"`);

const [command = "", ...args] = readOnlyDisk("/mnt");
/** Whether this machine can pretend to be another; where containers are kept from it, it cannot. */
export const canPretend = spawnSync(command, [...args, "true"]).status === 0;

/**
 * A user that the machine knows by a number alone, without a home folder and without the powers of
 * an administrator, who owns this user's files.
 */
export const NAMELESS_USER = [
  ...["unshare", "-U", "--map-user=54321"],
  ...["env", "-u", "HOME", "-u", "XDG_DATA_HOME", "-u", "XDG_CONFIG_HOME"],
];

/** A program of this project as the words of a command line. */
export const program = (path: string, ...args: string[]): string[] => [
  process.execPath,
  join(ROOT, path),
  ...args,
];

/** Runs a command line; it ends with the test. */
export function run([command = "", ...args]: readonly string[], data?: string): Running {
  const { LAMBDA_CONCURRENCY_TEST_DATA: _, ...env } = process.env;
  const named = data === undefined ? {} : { LAMBDA_CONCURRENCY_TEST_DATA: data };
  const child = spawn(command, args, {
    cwd: ROOT,
    env: { ...env, NO_COLOR: "1", ...named },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
  onTestFinished(() => void child.kill("SIGKILL"));
  const ended = once(child, "close").then(([code, signal]) => code ?? signal);
  return { child, stdout, stderr, ended };
}
