/** One stage fired at a server of the test's own. */

import { type Firing, fire } from "../experiment/core/firing/fire.ts";
import type { Observation } from "../experiment/core/record-lines.ts";

interface Fired {
  observations: Observation[];
  /** Whether the shot had fallen when each request arrived. */
  shotAt: number;
}

/** Fires one stage of short requests, by three clients in turn. */
export async function fireAt(
  url: URL,
  concurrency: number,
  requests: number,
  changes: Partial<Firing> = {},
): Promise<Fired> {
  const observations: Observation[] = [];
  let shotAt = Number.NaN;
  await fire({
    url,
    plan: { name: "test", clients: ["Ana", "Bo", "Cy"], holdMs: 100, steps: 5, stages: [] },
    stage: { concurrency, requests, pauseMs: 0 },
    run: "run",
    timeoutMs: 20_000,
    signal: new AbortController().signal,
    onShot: () => {
      shotAt = performance.now();
    },
    onObservation: (observation) => observations.push(observation),
    ...changes,
  });
  return { observations, shotAt };
}
