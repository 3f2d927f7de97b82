/** What an environment runs: the handler as it is deployed, and the runtime client's stand-in. */

import { createHash } from "node:crypto";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stop } from "esbuild";
import { BUNDLE_FILE, bundleForRuntime, bundleHandler, HANDLER } from "../handler/bundle.ts";

export interface Task {
  /** LAMBDA_TASK_ROOT: the folder that holds the handler. */
  root: string;
  /** _HANDLER: the file without its extension, and the export. */
  handler: string;
  /** The CommonJS file that is preloaded before the runtime. */
  runtimeClient: string;
  /** Of the handler's bundle, in hexadecimal. */
  codeSha256: string;
}

/**
 * Bundles handler and runtime client into a new folder, which the caller removes. The client is
 * CommonJS, since preloading an ES module makes an environment start a third slower.
 */
export async function prepareTask(): Promise<Task> {
  const client = fileURLToPath(new URL("runtime-client.ts", import.meta.url));
  const [handler, runtimeClient] = await Promise.all([
    bundleHandler(),
    bundleForRuntime(client, "cjs"),
  ]);
  // esbuild keeps a process for the next build, and there is none.
  await stop();
  const root = await mkdtemp(join(tmpdir(), "lambda-concurrency-test-"));
  const runtimeClientFile = join(root, "runtime-client.cjs");
  await writeFile(join(root, BUNDLE_FILE), handler);
  await writeFile(runtimeClientFile, runtimeClient);
  return {
    root,
    handler: HANDLER,
    runtimeClient: runtimeClientFile,
    codeSha256: createHash("sha256").update(handler).digest("hex"),
  };
}
