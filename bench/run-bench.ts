/**
 * `npm run bench`: ratios against floors and peers, measured side by side. `npm run bench -- burst`
 * runs one part alone.
 */

/** The parts, loaded when they are run: what one imports must not weigh on another. */
const PARTS: Readonly<Record<string, () => Promise<() => Promise<void>>>> = {
  burst: async () => (await import("./burst.ts")).benchBurst,
  environments: async () => (await import("./environments.ts")).benchEnvironments,
  serving: async () => (await import("./serving.ts")).benchServing,
  screen: async () => (await import("./screen.ts")).benchScreen,
  conclusion: async () => (await import("./conclusion.ts")).benchConclusion,
  start: async () => (await import("./start.ts")).benchStart,
};

const named = process.argv.slice(2);
const unknown = named.filter((name) => !(name in PARTS));
if (unknown.length > 0) {
  console.error(`error: There is no part ${unknown.join(", ")}.`);
  console.error(`Name one or more of ${Object.keys(PARTS).join(", ")}, or none for all.`);
  process.exit(2);
}

// Standard output has the table and nothing else.
console.log("| benchmark | ours (min–max) | ours ÷ theirs (target) |\n|---|---|---|");
for (const [name, load] of Object.entries(PARTS)) {
  if (named.length > 0 && !named.includes(name)) continue;
  console.error(name);
  try {
    const bench = await load();
    await bench();
  } catch (error) {
    // The other parts still have something to tell.
    const reason = error instanceof Error ? error.message : error;
    console.error(`error: The part ${name} failed: ${reason}`);
    process.exitCode = 1;
  }
}
