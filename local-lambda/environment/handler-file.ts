/** From `file.export` to the file that holds a handler, as AWS's runtime client looks for it. */

import { existsSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join, resolve } from "node:path";

/** What a handler's file may end with, in the order in which it is looked for. */
export const EXTENSIONS = [".js", ".mjs", ".cjs"];

export interface HandlerParts {
  /** The file without its extension, relative to the folder of the code. */
  module: string;
  /** The names under which the handler is exported, from the outside in. */
  names: string[];
}

/**
 * Takes a handler's name apart: the first dot of the last segment divides file and export.
 * https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html
 *
 * @returns `undefined` when it is no handler's name
 */
export function handlerParts(handler: string): HandlerParts | undefined {
  const file = basename(handler);
  const [, name, exported] = /^([^.]+)\.(.+)$/s.exec(file) ?? [];
  // The runtime refuses to leave the folder like this.
  if (name === undefined || exported === undefined || handler.includes("..")) return undefined;
  return {
    module: join(handler.slice(0, handler.indexOf(file)), name),
    names: exported.split("."),
  };
}

/** The absolute path of a handler's file; `undefined` when it is not there. */
export function handlerFile(root: string, module: string): string | undefined {
  const paths = ["", ...EXTENSIONS].map((extension) => `${resolve(root, module)}${extension}`);
  const found = paths.find((path) => existsSync(path));
  if (found !== undefined) return statSync(found).isFile() ? found : undefined;
  try {
    // At last the runtime looks for a package of that name.
    return createRequire(join(root, "index.js")).resolve(basename(module), {
      paths: [root, join(root, module, "..")],
    });
  } catch {
    return undefined;
  }
}
