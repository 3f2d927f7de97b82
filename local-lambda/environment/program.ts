/**
 * Builds what an environment's process runs around the code: AWS's runtime client, or what stands in
 * for a Web Function's port. One CommonJS file each, since an ES module that imports `node:http` would
 * make an environment start twice as late (basics/node-http.ts says why).
 */

import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { bundle } from "../../basics/bundle.ts";

/** Theirs, which the text of AWS's client must hold, and ours, for each place where it does. */
type Replacement = readonly [theirs: string, ours: string];

/** What is added to such a program, behind the stand-ins and before the code. */
export interface Addition {
  /** The path of the module's source. */
  module: string;
  /** In the text of AWS's client, where `added` is the module. */
  replacements?: readonly Replacement[];
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
export async function buildRuntime(addition?: Addition): Promise<string> {
  const replacements = [...REPLACEMENTS, ...(addition?.replacements ?? [])];
  const theirs = (await readFile(CLIENT, "utf8")).replace(/^#!.*/, "");
  return buildProgram(
    `import * as standIn from ${JSON.stringify(STAND_IN)};`,
    addition ? `import * as added from ${JSON.stringify(addition.module)};` : "",
    replacements.reduce(replace, theirs),
  );
}

/** Builds what is preloaded into the process of a Web Function, as a CommonJS module. */
export function buildWebPreload(addition?: Addition): Promise<string> {
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
