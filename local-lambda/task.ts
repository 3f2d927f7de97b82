/** What an environment runs: the code, and the stand-in for the runtime's own client. */

import { createHash } from "node:crypto";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stop } from "esbuild";
import { BUNDLE_FILE, bundleForRuntime, bundleHandler, HANDLER } from "../handler/bundle.ts";
import { type GivenCode, openCode } from "./code-folder.ts";
import type { FunctionCode } from "./function-configuration.ts";

export interface Task extends GivenCode {
  /** A temporary folder, which the one who asked for the task removes. */
  folder: string;
  /** The CommonJS file that is preloaded before the runtime. */
  runtimeClient: string;
}

/**
 * Makes a new folder for the runtime client and, unless other code is given, for the bundle of this
 * project's handler. The client is CommonJS, since preloading an ES module makes an environment
 * start a third slower.
 *
 * @throws StartError when the given code is not there
 */
export async function prepareTask(code?: FunctionCode): Promise<Task> {
  const given = code && (await openCode(code));
  const client = fileURLToPath(new URL("runtime-client.ts", import.meta.url));
  const [bundle, runtimeClient] = await Promise.all([
    given ? "" : bundleHandler(),
    bundleForRuntime(client, "cjs"),
  ]);
  // esbuild keeps a process for the next build, and there is none.
  await stop();
  const folder = await mkdtemp(join(tmpdir(), "lambda-concurrency-test-"));
  const runtimeClientFile = join(folder, "runtime-client.cjs");
  await writeFile(runtimeClientFile, runtimeClient);
  if (given) return { ...given, folder, runtimeClient: runtimeClientFile };
  await writeFile(join(folder, BUNDLE_FILE), bundle);
  return {
    folder,
    root: folder,
    handler: HANDLER,
    runtimeClient: runtimeClientFile,
    codeSha256: createHash("sha256").update(bundle).digest("hex"),
  };
}
