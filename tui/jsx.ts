/**
 * Lets Node.js load the screen's components. It strips types from `.ts` by itself; for `.tsx`
 * somebody must translate the markup as well, and esbuild is here already, for the handler.
 */

import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { fileURLToPath } from "node:url";
import { transformSync } from "esbuild";

/** From now on `.tsx` modules can be imported. */
export function registerJsx(): void {
  registerHooks({
    load(url, context, nextLoad) {
      if (!url.endsWith(".tsx")) return nextLoad(url, context);
      const { code: source } = transformSync(readFileSync(fileURLToPath(url), "utf8"), {
        loader: "tsx",
        jsx: "automatic",
        sourcemap: "inline",
        sourcefile: url,
      });
      return { format: "module", source, shortCircuit: true };
    },
  });
}
