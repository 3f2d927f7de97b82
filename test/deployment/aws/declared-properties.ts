/** Which properties a resource has, by the declarations of @pulumi/aws itself. */

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export interface DeclaredProperties {
  all: ReadonlySet<string>;
  required: readonly string[];
}

const known = new Map<string, DeclaredProperties>();

/**
 * Reads what a program may set.
 *
 * @param module such as `lambda/function`
 */
export function declaredProperties(module: string): DeclaredProperties {
  const found = known.get(module) ?? read(module);
  known.set(module, found);
  return found;
}

function read(module: string): DeclaredProperties {
  const entry = fileURLToPath(import.meta.resolve(`@pulumi/aws/${module}.js`));
  const text = readFileSync(entry.replace(/\.js$/, ".d.ts"), "utf8");
  const [, body = ""] = /^export interface \w+Args \{\n(.*?)^\}/ms.exec(text) ?? [];
  const fields = [...body.matchAll(/^ {4}(\w+)(\??):/gm)];
  if (fields.length === 0) throw new Error(`@pulumi/aws declares no arguments of ${module}`);
  return {
    all: new Set(fields.map(([, name = ""]) => name)),
    required: fields.filter(([, , mark]) => mark === "").map(([, name = ""]) => name),
  };
}
