/** Builds what is deployed: the handler in one file, the same bytes for the same source. */
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** The bundle's file name; `index.handler` is the function's entry point. */
export const BUNDLE_FILE = "index.mjs";

/** The function's entry point in AWS's notation: file, then export. */
export const HANDLER = "index.handler";

const [, EXPORT = ""] = HANDLER.split(".");

/**
 * Bundles the handler as an ES module for Node.js 24, the deployed runtime.
 *
 * @returns the source text of {@link BUNDLE_FILE}
 * @throws esbuild's error, which names file and line, when the source does not parse; Error when it
 * does not export what is called
 */
export async function bundleHandler(): Promise<string> {
  const entry = fileURLToPath(new URL("../handler/index.ts", import.meta.url));
  const { text, exports } = await bundle(entry, "esm");
  if (exports.includes(EXPORT)) return text;
  throw new Error(`handler/index.ts exports no "${EXPORT}".`);
}

/** Bundles one module of this project for the deployed Node.js; paths do not reach the output. */
export async function bundleForRuntime(entry: string, format: "esm" | "cjs"): Promise<string> {
  return (await bundle(entry, format)).text;
}

async function bundle(
  entry: string,
  format: "esm" | "cjs",
): Promise<{ text: string; exports: readonly string[] }> {
  const { outputFiles, metafile } = await build({
    entryPoints: [entry],
    absWorkingDir: fileURLToPath(new URL("..", import.meta.url)),
    bundle: true,
    platform: "node",
    target: "node24",
    format,
    write: false,
    metafile: true,
    logLevel: "silent",
  });
  const [file] = outputFiles;
  if (!file) throw new Error(`esbuild gave no output for ${entry}`);
  return { text: file.text, exports: Object.values(metafile.outputs)[0]?.exports ?? [] };
}
