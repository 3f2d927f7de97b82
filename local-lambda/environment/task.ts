/**
 * What an environment runs, in a folder for temporary files: the code, and the program around it. That is
 * AWS's runtime client, or what stands in for a Web Function's port. Each is one CommonJS file, since an
 * ES module that imports `node:http` would make an environment start twice as late (basics/node-http.ts
 * says why).
 */

import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { stop } from "esbuild";
import {
  BUNDLE_FILE,
  bundle,
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

/** Theirs, which the text of AWS's client must hold, and ours, for each place where it does. */
type Replacement = readonly [theirs: string, ours: string];

/** What is added to the program of an environment, behind the stand-ins and before the code. */
export interface Addition {
  /** The path of the module's source. */
  module: string;
  /** In the text of AWS's client, where `added` is the module. */
  replacements?: readonly Replacement[];
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
  const [ownText, programText] = await withEsbuild(() =>
    Promise.all([
      given ? "" : own.build(),
      isWeb ? buildWebPreload(addition) : buildRuntime(addition),
    ]),
  );
  const file = isWeb ? WEB_PRELOAD_FILE : RUNTIME_FILE;
  const path = await writeTemporaryFile(folder, file, programText);
  if (!given) {
    await writeTemporaryFile(folder, own.file, ownText);
    // So that no such file further up makes the bundle an ES module.
    await writeTemporaryFile(folder, "package.json", "{}");
  }
  const source = given ?? {
    root: folder,
    entry: own.entry,
    codeSha256: createHash("sha256").update(ownText).digest("hex"),
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

const CLIENT = fileURLToPath(import.meta.resolve("aws-lambda-ric"));
const STAND_IN = beside("runtime-client.ts");
const WEB_PRELOAD = beside("web-preload.ts");

/**
 * What is replaced in the text of AWS's client. It takes its two modules from its creator, but its own
 * start gives it none; and it refuses an address that has a path, which code that asks the Runtime API
 * itself needs, so only the client is told another. Its worker threads log without regard for how much
 * the output takes, and it imports the handler by its bare path, in which `#`, `?` and `%` would be
 * those of a URL.
 */
const REPLACEMENTS: readonly Replacement[] = [
  ["await createRuntime()", "await createRuntime(standIn)"],
  ["= process.env.AWS_LAMBDA_RUNTIME_API", "= standIn.address"],
  ["fs.writeSync(this.fd, line)", "standIn.writeLog(this.fd, line)"],
  ["await import(path3)", "await import(standIn.pathToFileURL(path3).href)"],
];

/**
 * Builds AWS's runtime client with the stand-in for its add-on. All that decides whether one request is
 * served at a time or many, the runtime's loop, stays AWS's own.
 *
 * @returns the text of a program of CommonJS, which each thread runs whole
 * @throws Error when the client is another than the one that is known
 */
async function buildRuntime(addition?: Addition): Promise<string> {
  const replacements = [...REPLACEMENTS, ...(addition?.replacements ?? [])];
  const theirs = (await readFile(CLIENT, "utf8")).replace(/^#!.*/, "");
  return buildProgram(
    `import * as standIn from ${JSON.stringify(STAND_IN)};`,
    addition ? `import * as added from ${JSON.stringify(addition.module)};` : "",
    replacements.reduce(replace, theirs),
  );
}

/** Builds what is preloaded into the process of a Web Function, as a CommonJS module. */
function buildWebPreload(addition?: Addition): Promise<string> {
  const modules = [WEB_PRELOAD, ...(addition ? [addition.module] : [])];
  return buildProgram(...modules.map((path) => `import ${JSON.stringify(path)};`));
}

function replace(text: string, [theirs, ours]: Replacement): string {
  if (text.includes(theirs)) return text.replaceAll(theirs, () => ours);
  throw new Error(`This aws-lambda-ric is another: it lacks "${theirs}"`);
}

/** @param source of an ES module, whose imports are bundled */
async function buildProgram(...source: readonly string[]): Promise<string> {
  const { text } = await bundle({
    stdin: { contents: source.join("\n"), resolveDir: dirname(CLIENT) },
    format: "cjs",
    define: { "import.meta.url": "PROGRAM_URL" },
    // ES modules, which these were, are strict.
    banner: {
      js: '"use strict";\nconst PROGRAM_URL = require("node:url").pathToFileURL(__filename).href;',
    },
  });
  return text;
}

function beside(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}
