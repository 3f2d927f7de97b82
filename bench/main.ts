/**
 * `npm run bench`: ratios against floors and peers, measured side by side. `npm run bench -- burst`
 * runs one part alone, and `--json` prints one object a figure.
 */

import { parseArgs } from "node:util";
import { jsonReport, type Report, TextReport } from "./report.ts";

type Part = (report: Report) => Promise<void>;

/** The parts, loaded when they are run: what one imports must not weigh on another. */
const PARTS: Readonly<Record<string, () => Promise<Part>>> = {
  burst: async () => (await import("./burst/burst.ts")).benchBurst,
  environments: async () => (await import("./environments/environments.ts")).benchEnvironments,
  screen: async () => (await import("./screen/screen.ts")).benchScreen,
  conclusion: async () => (await import("./conclusion/conclusion.ts")).benchConclusion,
  handler: async () => (await import("./handler.ts")).benchHandler,
  start: async () => (await import("./start.ts")).benchStart,
};

const { values, positionals } = parseArgs({
  options: { json: { type: "boolean", default: false } },
  allowPositionals: true,
});
const unknown = positionals.filter((name) => !(name in PARTS));
if (unknown.length > 0) {
  console.error(`error: There is no part ${unknown.join(", ")}.`);
  console.error(`Name one or more of ${Object.keys(PARTS).join(", ")}, or none for all.`);
  process.exit(2);
}

const text = new TextReport();
for (const [name, load] of Object.entries(PARTS)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  if (!values.json) console.log(name);
  try {
    const part = await load();
    await part(values.json ? jsonReport : text);
  } catch (error) {
    // The other parts still have something to tell.
    console.error(
      `error: The part ${name} failed: ${error instanceof Error ? error.message : error}`,
    );
    process.exitCode = 1;
  }
}
if (!values.json) text.printTable();
