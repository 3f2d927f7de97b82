/**
 * Programs of this project on a machine that lacks something, by Linux namespaces: a disk or a user
 * of their own, which are gone with the last process that sees them.
 */

import { execFileSync, spawnSync } from "node:child_process";

/** Begins with its own mount points; then a shell's script, which gets the program as its words. */
const withDisk = (script: string): string[] => ["unshare", "-rm", "sh", "-ec", script, "sh"];

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

/** No process of the command line has more open files than that. */
export const fewFiles = (most: number): string[] => [
  "sh",
  "-c",
  `ulimit -n ${most} && exec "$@"`,
  "sh",
];

/** Makes a pipe into which nobody writes: a reader that opens it waits. */
export function makePipe(path: string): void {
  execFileSync("sh", ["-c", 'mkfifo "$1"', "sh", path]);
}
