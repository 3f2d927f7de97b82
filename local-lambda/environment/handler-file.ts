/** How AWS's runtime finds a handler, and what it brings along that this machine may lack. */

import { existsSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join, resolve } from "node:path";

/** What a handler's file may end with, in the order in which it is looked for. */
export const EXTENSIONS = [".js", ".mjs", ".cjs"];

/**
 * The file of a handler without its extension, relative to the folder of the code: the first dot of the
 * last segment divides file and export.
 * https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html
 *
 * @returns `undefined` when it is no handler's name
 */
export function handlerModule(handler: string): string | undefined {
  const file = basename(handler);
  const [, name] = /^([^.]+)\..+$/s.exec(file) ?? [];
  // The runtime refuses to leave the folder like this.
  if (name === undefined || handler.includes("..")) return undefined;
  return join(handler.slice(0, handler.indexOf(file)), name);
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

/**
 * As Node.js says that `import` or `require` did not find a package, or a file in one. AWS documents
 * that its runtimes include the SDK, whose packages begin with `@aws-sdk`. That `@smithy`, which they
 * are made of, can be imported as well is assumed: AWS's CDK leaves both out of what it bundles
 * (aws-lambda-nodejs/lib/function.ts).
 * https://docs.aws.amazon.com/lambda/latest/dg/lambda-nodejs.html
 */
const MISSING = /Cannot find (?:package|module) '(@(?:aws-sdk|smithy)\/[^/']+)[^']*'/;

/** An error's message, and where it is that a package of the SDK is missing, what helps. */
export function withMissingSdk(errorMessage: string): string {
  const [whole, name] = MISSING.exec(errorMessage) ?? [];
  if (whole === undefined) return errorMessage;
  const help =
    "AWS's runtime brings it, this machine lacks it: " +
    `run npm install ${name} in the code's folder, or bundle it`;
  return errorMessage.replace(whole, () => `${whole} (${help})`);
}
