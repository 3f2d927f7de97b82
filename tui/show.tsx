/** Opens the target, shows the screen until the user leaves, and says what is left to say. */

import { render } from "ink";
import { referencePlan } from "../experiment/core/plan.ts";
import { verdictWords } from "../experiment/reports/verdict-words.ts";
import { openTarget, type TargetChoice } from "../experiment/targets/open-target.ts";
import { App } from "./screen/app.tsx";
import { Session } from "./session.ts";
import type { Snapshot } from "./store.ts";

/** Frames a second; more than the store's snapshots, or some of them would be skipped. */
const MAX_FPS = 30;

/** @returns the process's exit code */
export async function show(choice: TargetChoice): Promise<number> {
  const session = new Session(referencePlan, await openTarget(choice));
  const screen = render(<App session={session} />, {
    alternateScreen: true,
    exitOnCtrlC: false,
    // A terminal it is, as the entry has seen; Ink would also ask whether this is a CI machine.
    interactive: true,
    incrementalRendering: true,
    maxFps: MAX_FPS,
  });
  for (const signal of ["SIGTERM", "SIGHUP"] as const) process.once(signal, () => screen.unmount());
  try {
    await screen.waitUntilExit();
  } finally {
    await session.close();
  }
  if (session.bug) throw session.bug;
  const { current } = session.store;
  process.stdout.write(farewell(current));
  return current.failure ? 1 : 0;
}

/** The alternate screen is gone with everything on it: the last verdict is said once more. */
function farewell({ verdict, labels, record, failure }: Snapshot): string {
  if (failure) return `error: ${failure.message}\n${failure.nextStep}\n`;
  if (!verdict) return "";
  const { title, finding, evidence } = verdictWords(verdict, labels);
  return [`${title}  ${finding}`, evidence, ...(record ? [`Record: ${record}`] : []), ""].join(
    "\n",
  );
}
