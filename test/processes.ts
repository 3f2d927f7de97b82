/** Programs of this project, run as their users run them, and what becomes of their processes. */

import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished } from "vitest";
import { waitUntil } from "./wait-until.ts";

export const ROOT = fileURLToPath(new URL("..", import.meta.url));

const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
  scripts: Record<string, string>;
};

/**
 * The words that start a program of this project: what its script in package.json says, so that no
 * test knows where a program begins.
 *
 * @param program the script's name, or a file
 * @param nodeArgs arguments of Node.js itself
 */
export function commandOf(program: string, args: readonly string[], nodeArgs: string[] = []) {
  const words = scripts[program]?.replace(/^exec node /, "").split(" ") ?? [program];
  const paths = words.map((word) => (word.startsWith("--") ? word : join(ROOT, word)));
  return [process.execPath, ...nodeArgs, ...paths, ...args];
}

export interface Running {
  child: ChildProcess;
  pid: number;
  /** What it has printed so far. */
  stdout: () => string;
  stderr: () => string;
  /** Resolves when it has ended and closed its output, to its exit code or its signal. */
  ended: Promise<number | NodeJS.Signals>;
}

/** Starts a program of this project on the Node.js that runs the tests; it ends with the test. */
export function start(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Running {
  return run(commandOf(program, args), env);
}

/** Runs a command line in the project's folder; it ends with the test. */
export function run(
  [command = "", ...args]: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Running {
  const child = spawn(command, args, {
    cwd: ROOT,
    env: { ...process.env, NO_COLOR: "1", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
  onTestFinished(() => void child.kill("SIGKILL"));
  const ended = once(child, "close").then(([code, signal]) => code ?? signal);
  return { child, pid: pidOf(child), stdout, stderr, ended };
}

/** How a program ended and what it printed, once it has ended; none prints a trace of its stack. */
export async function resultOf({ ended, stdout, stderr }: Running) {
  const code = await ended;
  const result = { code, stdout: stdout(), stderr: stderr() };
  expectNoTrace(result.stdout, result.stderr);
  return result;
}

/** Runs a program of this project to its end. */
export function runToEnd(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  return resultOf(start(program, args, env));
}

/** The id of a process that could be started. */
export function pidOf({ pid }: ChildProcess): number {
  assert(pid);
  return pid;
}

/** Keeps what a program prints; gives all of it so far. */
export function collect(output: Readable, encoding: BufferEncoding = "utf8"): () => string {
  let text = "";
  output.setEncoding(encoding).on("data", (chunk: string) => {
    text += chunk;
  });
  return () => text;
}

/** A new folder that goes with the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "test-of-lambda-concurrency-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes a file into a new folder that goes with the test; gives its path. */
export function temporaryFile(name: string, content: string): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, content);
  return path;
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Ends these processes with the test, where they have not ended before. */
export function killAfterwards(processes: () => readonly number[]): void {
  onTestFinished(() => {
    for (const pid of processes().filter(isAlive)) process.kill(pid, "SIGKILL");
  });
}

export const untilEnded = (processes: readonly number[]): Promise<true> =>
  waitUntil("every process to end", () => !processes.some(isAlive));

/** Waits until so many processes run below one; gives all of them, of which the first came first. */
export function untilBelow(pid: number, count: number): Promise<number[]> {
  return waitUntil(`${count} processes below ${pid}`, () => {
    const found = descendantsOf(pid);
    return found.length >= count && found;
  });
}

/** The processes below one, by the system's own list, in the order in which they were started. */
export function descendantsOf(pid: number): number[] {
  // Below 0 is every process.
  assert(pid > 0);
  const processes = processIds()
    .map(parentageOf)
    // Process ids begin anew once they have been used up.
    .sort((one, other) => one.startedAt - other.startedAt);
  const found = [pid];
  for (const parent of found) {
    for (const process of processes) if (process.parent === parent) found.push(process.id);
  }
  return processes.map(({ id }) => id).filter((id) => found.indexOf(id) > 0);
}

/** The first process that another one started and that is still there; fails where there is none. */
export function firstBelow(pid: number): number {
  const [first] = descendantsOf(pid);
  assert(first);
  return first;
}

/** The parent of a process, and its start in ticks of the system's clock; 0 where it has ended. */
function parentageOf(id: number): { id: number; parent: number; startedAt: number } {
  const stat = readProcessFile(id, "stat");
  // Its name, which comes before, may hold anything.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return { id, parent: Number(fields[1] ?? 0), startedAt: Number(fields[19] ?? 0) };
}

export function processIds(): number[] {
  if (!existsSync("/proc/self/stat")) return [];
  return readdirSync("/proc").map(Number).filter(Number.isInteger);
}

/** What the system says of a process; nothing where it has ended meanwhile. */
export function readProcessFile(pid: number, name: "stat" | "status" | "cmdline" | "environ") {
  try {
    return readFileSync(`/proc/${pid}/${name}`, "utf8");
  } catch {
    return "";
  }
}

/** The socket of a Web Function's server, as its process was told of it. */
export function serverSocketOf(pid: number): string {
  const told = /(?:^|\0)AWS_LAMBDA_HTTP_ENDPOINT=0\.0\.0\.0:3000(\/[^\0]+)/;
  const socket = told.exec(readProcessFile(pid, "environ"))?.[1];
  assert(socket, `process ${pid} is no Web Function's`);
  return socket;
}

const LISTENING = "0A";

/** Addresses and ports on which any of these processes waits for connections, by the system's list. */
export function listenersOf(pids: readonly number[]): { address: string; port: number }[] {
  const inodes = new Set(pids.flatMap(socketsOf));
  return ["tcp", "tcp6"].flatMap((family) => {
    const [, ...lines] = readFileSync(`/proc/net/${family}`, "utf8").trimEnd().split("\n");
    const sockets = lines.map((line) => line.trim().split(/\s+/));
    return sockets
      .filter((fields) => fields[3] === LISTENING && inodes.has(fields[9] ?? ""))
      .map((fields) => {
        const [address = "", port = ""] = (fields[1] ?? "").split(":");
        const octets = Buffer.from(address, "hex").reverse();
        const shown = octets.length === 4 ? octets.join(".") : address;
        return { address: shown, port: Number.parseInt(port, 16) };
      });
  });
}

function socketsOf(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).flatMap((descriptor) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(`${folder}/${descriptor}`))?.[1] ?? [];
    } catch {
      // It was closed meanwhile.
      return [];
    }
  });
}

/** What a program must never print. */
export function expectNoTrace(...texts: string[]): void {
  expect(texts.join("\n")).not.toMatch(/^\s+at .*:\d+:\d+\)?$/m);
}
