/** What an environment runs: the code, and the program around it, in a folder for temporary files. */

import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { stop } from "esbuild";
import {
  BUNDLE_FILE,
  bundleForRuntime,
  bundleHandler,
  bundleWebServer,
  HANDLER,
  WEB_BUNDLE_FILE,
} from "../../basics/bundle.ts";
import type { FunctionConfiguration } from "../function-configuration.ts";
import { StartError } from "../start-error.ts";
import { type CodeVersion, openCode } from "./code.ts";

export interface Task extends Omit<CodeVersion, "files"> {
  /** _HANDLER, which is the file without its extension and the export; or a Web Function's file. */
  entry: string;
  /** For temporary files; this user alone can enter it. */
  folder: string;
  /** Of a folder of the user's, which may be edited; absent for this project's own handler. */
  files?: CodeVersion["files"];
  /** The arguments of `node` that start an environment. */
  program: readonly string[];
}

const RUNTIME_URL = import.meta.resolve("aws-lambda-ric");
const RUNTIME = fileURLToPath(RUNTIME_URL);

/**
 * Makes a new folder for the files of an embedded Lambda, for this user alone.
 *
 * @throws StartError when there can be none
 */
export function makeTemporaryFolder(): string {
  try {
    return mkdtempSync(resolve(tmpdir(), "lambda-concurrency-test-"));
  } catch (error) {
    throw noRoom(error);
  }
}

/**
 * The longest path of a socket, in bytes: what the system has room for, without the zero at its end.
 * https://man7.org/linux/man-pages/man7/unix.7.html
 */
const MAX_SOCKET_PATH = process.platform === "linux" ? 107 : 103;

/** A new path for a socket in such a folder. */
export function socketIn(folder: string): string {
  return join(folder, randomBytes(4).toString("hex"));
}

/**
 * Writes the program of an environment into such a folder and, unless other code is given, the bundle
 * of this project's handler.
 *
 * @throws StartError when the given code is not there, or there is no room for the program
 */
export async function prepareTask(
  { model, code }: Pick<FunctionConfiguration, "model" | "code">,
  folder: string,
): Promise<Task> {
  const isWeb = model === "web-function";
  if (isWeb && Buffer.byteLength(socketIn(folder)) > MAX_SOCKET_PATH) {
    throw noRoom(`the path of a socket in ${folder} would be too long`);
  }
  const given = code && { ...(await openCode(code, model)), entry: code.handler };
  const own = isWeb ? OWN_SERVER : OWN_HANDLER;
  const preload = isWeb ? WEB_PRELOAD : RUNTIME_PRELOAD;
  const [bundle, text] = await withEsbuild(() =>
    Promise.all([given ? "" : own.build(), preload.build()]),
  );
  const preloaded = await writeTemporaryFile(folder, preload.file, text);
  if (!given) {
    await writeTemporaryFile(folder, own.file, bundle);
    // So that no such file further up makes the bundle an ES module.
    await writeTemporaryFile(folder, "package.json", "{}");
  }
  const source = given ?? {
    root: folder,
    entry: own.entry,
    codeSha256: createHash("sha256").update(bundle).digest("hex"),
  };
  const main = isWeb ? resolve(source.root, source.entry) : RUNTIME;
  return { ...source, folder, program: ["--require", preloaded, main] };
}

/**
 * The same task with one more module preloaded into all of its threads, after the stand-ins.
 *
 * @param entry the module's source, which is bundled
 * @throws StartError when there is no room for it
 */
export async function withPreload(task: Task, entry: string): Promise<Task> {
  const text = await withEsbuild(() => bundleForRuntime(entry, "cjs"));
  const path = await writeTemporaryFile(task.folder, `${basename(entry, ".ts")}.cjs`, text);
  const main = task.program.slice(-1);
  return { ...task, program: [...task.program.slice(0, -1), "--require", path, ...main] };
}

let building = 0;

/**
 * Builds, and then ends the process that esbuild keeps for the next build, unless somebody is waiting
 * for it: a build that is under way when esbuild is stopped never ends.
 */
async function withEsbuild<T>(build: () => Promise<T>): Promise<T> {
  building += 1;
  try {
    return await build();
  } finally {
    building -= 1;
    if (building === 0) await stop();
  }
}

/** This project's own handler, by both of its entries. */
const OWN_HANDLER = { file: BUNDLE_FILE, entry: HANDLER, build: bundleHandler };
const OWN_SERVER = { file: WEB_BUNDLE_FILE, entry: WEB_BUNDLE_FILE, build: bundleWebServer };

/**
 * What is preloaded: the stand-in for the add-on of AWS's runtime client, in all of its threads, since
 * it hands the arguments of node on to them; or the stand-in for a Web Function's port. CommonJS, since
 * preloading an ES module makes an environment start a third slower.
 */
const RUNTIME_PRELOAD = {
  file: "runtime-client.cjs",
  // Code of the user's may bring a client of its own, which is left alone.
  build: async () =>
    `const CLIENT_URL = ${JSON.stringify(RUNTIME_URL)};\n` +
    (await bundleForRuntime(beside("runtime-client.ts"), "cjs")),
};
const WEB_PRELOAD = {
  file: "web-preload.cjs",
  build: () => bundleForRuntime(beside("web-preload.ts"), "cjs"),
};

function beside(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}

async function writeTemporaryFile(folder: string, name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text).catch((error: unknown) => {
    throw noRoom(error);
  });
  return path;
}

function noRoom(error: unknown): StartError {
  const reason = error instanceof Error ? error.message : String(error);
  return new StartError("no temporary files", { folder: tmpdir(), reason }, { cause: error });
}
