/** `npm run tui`: the experiment on a screen. */

import { ExperimentError } from "../experiment/core/errors.ts";
import { parseOptions } from "./options.ts";

const target = parseOptions(process.argv.slice(2));
if (!process.stdout.isTTY || !process.stdin.isTTY) {
  console.error(
    "The screen needs a terminal. Without one, run the same experiment with:\n  npm run experiment",
  );
  process.exit(1);
}
// Both are read when Ink and chalk are imported: the production build of React, and no colours
// where the user wants none, which chalk does not ask for by itself.
process.env.NODE_ENV ??= "production";
if (process.env.NO_COLOR) process.env.FORCE_COLOR = "0";

try {
  const { show } = await import("./show.tsx");
  process.exitCode = await show(target);
} catch (error) {
  if (!(error instanceof ExperimentError)) throw error;
  console.error(`error: ${error.message}\n${error.nextStep}`);
  process.exitCode = 1;
}
