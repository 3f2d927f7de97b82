/** What an environment runs: the code, and what node is started with to run it. */

import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { stop } from "esbuild";
import { BUNDLE_FILE, bundleForRuntime, bundleHandler, HANDLER } from "../../basics/bundle.ts";
import type { FunctionConfiguration } from "../function-configuration.ts";
import { type Code, type CodeFiles, openCode } from "./code-folder.ts";
import { writeTemporaryFile } from "./temporary-files.ts";

export interface Task extends Code {
  /** Of a folder of the user's, which may be edited; absent for this project's own handler. */
  files?: CodeFiles;
  /** The arguments of `node` that start an environment. */
  program: readonly string[];
}

const RUNTIME_URL = import.meta.resolve("aws-lambda-ric");
const RUNTIME = fileURLToPath(RUNTIME_URL);

/**
 * Writes the program of an environment into a folder and, unless other code is given, the bundle of
 * this project's handler.
 *
 * @throws StartError when the given code is not there, or there is no room for the program
 */
export async function prepareTask(
  { model, code }: Pick<FunctionConfiguration, "model" | "code">,
  folder: string,
): Promise<Task> {
  const given = code && (await openCode(code));
  const build = model === "web-function" ? buildWebServer : buildRuntimeClient;
  const [bundle, program] = await withEsbuild(() =>
    Promise.all([given ? "" : bundleHandler(), build()]),
  );
  const task = { program: await program(folder) };
  if (given) return { ...given, ...task };
  await writeTemporaryFile(folder, BUNDLE_FILE, bundle);
  const codeSha256 = createHash("sha256").update(bundle).digest("hex");
  return { ...task, root: folder, handler: HANDLER, codeSha256 };
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

/** Writes a program into a folder and says how node is to run it. */
type Program = (folder: string) => Promise<string[]>;

/**
 * AWS's runtime client, with the stand-in for its add-on preloaded: in all of its threads, since it
 * hands the arguments of node on to them. The stand-in is CommonJS, since preloading an ES module
 * makes an environment start a third slower.
 */
async function buildRuntimeClient(): Promise<Program> {
  const bundled = await bundleForRuntime(beside("runtime-client.ts"), "cjs");
  // Code of the user's may bring a client of its own, which is left alone.
  const text = `const CLIENT_URL = ${JSON.stringify(RUNTIME_URL)};\n${bundled}`;
  return async (folder) => [
    "--require",
    await writeTemporaryFile(folder, "runtime-client.cjs", text),
    RUNTIME,
  ];
}

async function buildWebServer(): Promise<Program> {
  const text = await bundleForRuntime(beside("web-server.ts"), "esm");
  return async (folder) => [await writeTemporaryFile(folder, "web-server.mjs", text)];
}

function beside(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}
