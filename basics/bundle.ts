/**
 * Builds what is deployed: each entry of the handler in one file, the same bytes for the same source. And
 * whatever else runs on the deployed Node.js.
 */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { type BuildOptions, build } from "esbuild";

/** The file name of a Lambda function's bundle; `index.handler` is its entry point. */
export const BUNDLE_FILE = "index.mjs";

/** The function's entry point in AWS's notation: file, then export. */
export const HANDLER = "index.handler";

/**
 * The file name of a Web Function's bundle, which its runtime runs.
 * https://docs.aws.amazon.com/lambda/latest/dg/web-functions-runtimes.html
 */
export const WEB_BUNDLE_FILE = "index.js";

const [, EXPORT = ""] = HANDLER.split(".");

/**
 * Bundles the entry of a Lambda function as an ES module for Node.js 24, the deployed runtime.
 *
 * @returns the source text of {@link BUNDLE_FILE}
 * @throws esbuild's error, which names file and line, when the source does not parse; Error when it
 * does not export what is called
 */
export async function bundleHandler(): Promise<string> {
  const { text, exports } = await bundleEntry("index.ts", "esm");
  if (exports.includes(EXPORT)) return text;
  throw new Error(`handler/index.ts exports no "${EXPORT}".`);
}

/**
 * Bundles the entry of a Web Function for Node.js 24 as a CommonJS module, which is what the name
 * `index.js` stands for where no package.json says otherwise.
 *
 * @returns the source text of {@link WEB_BUNDLE_FILE}
 * @throws esbuild's error, which names file and line, when the source does not parse
 */
export async function bundleWebServer(): Promise<string> {
  return (await bundleEntry("web.ts", "cjs")).text;
}

/** Paths do not reach the output. */
function bundleEntry(name: string, format: "esm" | "cjs"): Promise<Bundle> {
  return bundle({
    entryPoints: [fileURLToPath(new URL(`../handler/${name}`, import.meta.url))],
    absWorkingDir: fileURLToPath(new URL("..", import.meta.url)),
    format,
  });
}

interface Bundle {
  text: string;
  exports: readonly string[];
}

/**
 * Bundles what runs on the deployed Node.js.
 *
 * @throws esbuild's error, which names file and line, when the source does not parse
 */
export async function bundle(options: BuildOptions): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    ...options,
    bundle: true,
    platform: "node",
    target: "node24",
    write: false,
    metafile: true,
    logLevel: "silent",
  });
  const [file] = outputFiles;
  assert(file, "esbuild bundles into one file");
  return { text: file.text, exports: Object.values(metafile.outputs)[0]?.exports ?? [] };
}
