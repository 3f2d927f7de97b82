/** What an environment runs: the code, and the program around it, in a folder for temporary files. */

import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { stop } from "esbuild";
import {
  BUNDLE_FILE,
  bundleHandler,
  bundleWebServer,
  HANDLER,
  WEB_BUNDLE_FILE,
} from "../../basics/bundle.ts";
import type { FunctionConfiguration } from "../function-configuration.ts";
import { StartError } from "../start-error.ts";
import { type CodeVersion, openCode } from "./code.ts";
import { type Addition, buildRuntime, buildWebPreload } from "./program.ts";

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
 * @param addition to the program
 * @throws StartError when the given code is not there, or there is no room for the program
 */
export async function prepareTask(
  { model, code }: Pick<FunctionConfiguration, "model" | "code">,
  folder: string,
  addition?: Addition,
): Promise<Task> {
  const isWeb = model === "web-function";
  if (isWeb && Buffer.byteLength(socketIn(folder)) > MAX_SOCKET_PATH) {
    throw noRoom(`the path of a socket in ${folder} would be too long`);
  }
  const given = code && { ...(await openCode(code, model)), entry: code.handler };
  const own = isWeb ? OWN_SERVER : OWN_HANDLER;
  const [bundle, text] = await withEsbuild(() =>
    Promise.all([
      given ? "" : own.build(),
      isWeb ? buildWebPreload(addition) : buildRuntime(addition),
    ]),
  );
  const file = isWeb ? WEB_PRELOAD_FILE : RUNTIME_FILE;
  const path = await writeTemporaryFile(folder, file, text);
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
  const program = isWeb ? ["--require", path, resolve(source.root, source.entry)] : [path];
  return { ...source, folder, program };
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

/** Named after what is in it, for those who read of it in a stack. */
const RUNTIME_FILE = "aws-lambda-ric.cjs";
const WEB_PRELOAD_FILE = "web-preload.cjs";

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
