// Preloaded by the npm scripts. Plain JavaScript, so that an old Node.js, which cannot read
// TypeScript, says what is wrong instead of failing on the first type annotation.
import * as module from "node:module";
import { fileURLToPath } from "node:url";

const major = Number(process.versions.node.split(".")[0]);
if (major < 24) {
  console.error(
    `This project needs Node.js 24 or later, and this is ${process.version}. ` +
      "Install it from https://nodejs.org and try again.",
  );
  process.exit(1);
}
// What was compiled once, types stripped, is kept: the first frame comes a third earlier.
module.enableCompileCache(fileURLToPath(new URL("node_modules/.cache/compiled", import.meta.url)));
