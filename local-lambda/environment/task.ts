/** What an environment runs: the code, and the program around it, in a folder for temporary files. */

import { createHash } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { stop } from "esbuild";
import { BUNDLE_FILE, bundleForRuntime, bundleHandler, HANDLER } from "../../basics/bundle.ts";
import type { FunctionConfiguration } from "../function-configuration.ts";
import { StartError } from "../start-error.ts";
import { type CodeVersion, openCode } from "./code.ts";

export interface Task extends Omit<CodeVersion, "files"> {
  /** _HANDLER: the file without its extension, and the export. */
  handler: string;
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
 * Writes the program of an environment into such a folder and, unless other code is given, the bundle
 * of this project's handler.
 *
 * @throws StartError when the given code is not there, or there is no room for the program
 */
export async function prepareTask(
  { model, code }: Pick<FunctionConfiguration, "model" | "code">,
  folder: string,
): Promise<Task> {
  const given = code && { ...(await openCode(code)), handler: code.handler };
  const build = model === "web-function" ? bundleWebServer : bundleRuntimeClient;
  const [bundle, { file, text, args }] = await withEsbuild(() =>
    Promise.all([given ? "" : bundleHandler(), build()]),
  );
  const program = args(await writeTemporaryFile(folder, file, text));
  if (given) return { ...given, program };
  await writeTemporaryFile(folder, BUNDLE_FILE, bundle);
  const codeSha256 = createHash("sha256").update(bundle).digest("hex");
  return { root: folder, handler: HANDLER, codeSha256, program };
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

/** A program in one file, and how node is to run it. */
interface Program {
  file: string;
  text: string;
  args: (path: string) => string[];
}

/**
 * AWS's runtime client, with the stand-in for its add-on preloaded: in all of its threads, since it
 * hands the arguments of node on to them. The stand-in is CommonJS, since preloading an ES module
 * makes an environment start a third slower.
 */
async function bundleRuntimeClient(): Promise<Program> {
  const bundled = await bundleForRuntime(beside("runtime-client.ts"), "cjs");
  // Code of the user's may bring a client of its own, which is left alone.
  const text = `const CLIENT_URL = ${JSON.stringify(RUNTIME_URL)};\n${bundled}`;
  return { file: "runtime-client.cjs", text, args: (path) => ["--require", path, RUNTIME] };
}

async function bundleWebServer(): Promise<Program> {
  const text = await bundleForRuntime(beside("web-server.ts"), "esm");
  return { file: "web-server.mjs", text, args: (path) => [path] };
}

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
