/** Code in a folder of the user's: whether it is there, and which code it is. */

import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import { readdir, readFile, readlink } from "node:fs/promises";
import { join, relative, resolve, sep } from "node:path";
import type { FunctionCode } from "../function-configuration.ts";
import { StartError } from "../start-error.ts";
import { EXTENSIONS, handlerFile, handlerParts } from "./handler-file.ts";

/** Code that an environment can run. */
export interface GivenCode {
  /** LAMBDA_TASK_ROOT: the folder that holds the handler, as an absolute path. */
  root: string;
  /** _HANDLER: the file without its extension, and the export. */
  handler: string;
  /** Of the code, in hexadecimal. */
  codeSha256: string;
}

/**
 * Finds the handler's file as AWS's runtime client will. Whether the file exports the handler shows
 * when an environment loads it: as on AWS, requests are then answered with 502, and the log says
 * `Runtime.HandlerNotFound`.
 * https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html
 *
 * @throws StartError when the folder or the handler's file is missing, or a file cannot be read
 */
export async function openCode({ root, handler }: FunctionCode): Promise<GivenCode> {
  const folder = resolve(root);
  try {
    return await findCode(folder, handler);
  } catch (error) {
    if (error instanceof StartError) throw error;
    // The system's error, which names the file.
    const reason = error instanceof Error ? error.message : error;
    throw new StartError(
      `The code cannot be read: ${reason}. Make all of the folder readable, or name one that holds ` +
        "the code alone: --code.",
    );
  }
}

async function findCode(folder: string, handler: string): Promise<GivenCode> {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new StartError(`There is no folder ${folder}. Name the one that holds the code: --code.`);
  }
  const parts = handlerParts(handler);
  if (parts === undefined) {
    throw new StartError(
      `"${handler}" is no handler: it must be a file in the folder without its extension, a dot, ` +
        "and what the file exports, such as --handler index.handler.",
    );
  }
  if (handlerFile(folder, parts.module) === undefined) {
    const names = EXTENSIONS.map((extension) => `${parts.module}${extension}`);
    throw new StartError(
      `The handler ${handler} is not in ${folder}: there is none of ${names.join(", ")}. ` +
        "Name the file that is there with --handler, such as --handler index.handler.",
    );
  }
  return { root: folder, handler, codeSha256: await hashOf(folder) };
}

/** Of all files, by name and content; of links, by what they point to. Empty folders do not count. */
async function hashOf(root: string): Promise<string> {
  const hash = createHash("sha256");
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() || entry.isSymbolicLink())
    .map((entry) => ({ entry, path: join(entry.parentPath, entry.name) }))
    .map(({ entry, path }) => ({ entry, path, name: relative(root, path).replaceAll(sep, "/") }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const { entry, path, name } of files) {
    const content = entry.isFile() ? await readFile(path) : Buffer.from(await readlink(path));
    hash
      .update(`${name}\0${entry.isFile() ? "file" : "link"}\0${content.length}\0`)
      .update(content);
  }
  return hash.digest("hex");
}
