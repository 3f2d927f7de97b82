/** The plans that have a name: what each shows, what the options mean in it, and its stages. */

import { inWords, plural } from "../core/numbers.ts";
import { equalStages, LIMITS, referencePlan, type Stage } from "../core/plan/plan.ts";
import type { PlanProblem } from "../core/plan/plan-fields.ts";
import type { PlanInput, PlanParameters } from "../core/plan/plan-input.ts";

/** The options that change a plan, as text. */
export interface DesignInput extends PlanInput {
  /** How long a run lasts. */
  duration?: string | undefined;
}

interface DesignParameters extends PlanParameters {
  durationMs: number;
}

export interface Design {
  name: string;
  /** One line: what it fires, by the options that change it, and what that shows. */
  description: string;
  /** The options that mean something in it. */
  takes: readonly (keyof DesignInput)[];
  /** What they are when they are not given; where nothing is said here, as in the reference. */
  defaults: DesignInput;
  /** The stages, or what cannot be fired. */
  stages(parameters: DesignParameters): Stage[] | PlanProblem<keyof DesignInput>;
}

const EQUAL_STAGES = ["clients", "concurrency", "requests", "hold", "runs", "pause"] as const;

/** How many pauses a lifetime has; the first is 2⁵ times shorter than the last. */
const GROWING_PAUSES = 6;

const reference: Design = {
  name: referencePlan.name,
  description: "five clients at once, --runs (2) times: who shares a process, cold and warm",
  takes: EQUAL_STAGES,
  defaults: {},
  stages: stagesAlike,
};

const burst: Design = {
  name: "burst",
  description: "--concurrency (100) at once, --runs (2) times: a burst, cold and then warm",
  takes: EQUAL_STAGES,
  defaults: { concurrency: "100", hold: "1s" },
  stages: stagesAlike,
};

const ramp: Design = {
  name: "ramp",
  description: "1, 2, 4 … --concurrency (64) at once: environments against concurrency",
  takes: ["clients", "concurrency", "hold", "pause"],
  defaults: { concurrency: "64", hold: "1s" },
  stages: ({ concurrency, pauseMs }) =>
    doublingTo(concurrency).map((atOnce, run) => ({
      concurrency: atOnce,
      requests: atOnce,
      pauseMs: run === 0 ? 0 : pauseMs,
    })),
};

const steady: Design = {
  name: "steady",
  description: "--concurrency (20) in flight for --duration (30 s): reuse and routing",
  takes: ["clients", "concurrency", "hold", "duration"],
  defaults: { concurrency: "20", hold: "1s", duration: "30s" },
  stages: ({ concurrency, holdMs, durationMs }) => {
    const requests = Math.max(1, Math.round(durationMs / holdMs)) * concurrency;
    if (requests <= LIMITS.requests.max) return equalStages(1, concurrency, requests, 0);
    const most = inWords(LIMITS.requests.max);
    const message = `needs ${plural(requests, "request")}, and ${most} are the most: shorten it`;
    return { field: "duration", message };
  },
};

/**
 * Each pause starts when the environments have just been used, so each burst measures an idle time
 * of its own. The literature found that AWS halves the idle environments every 380 s (Copik et al.,
 * "SeBS", Middleware 2021, section 6.5): six minutes lie well within the default pauses.
 */
const lifetime: Design = {
  name: "lifetime",
  description:
    "--concurrency (10) at once after pauses that double to --pause (16 min): when idle ones end",
  takes: ["clients", "concurrency", "hold", "pause"],
  defaults: { concurrency: "10", hold: "500ms", pause: "16min" },
  stages: ({ concurrency, pauseMs }) => [
    ...equalStages(1, concurrency, concurrency, 0),
    ...Array.from({ length: GROWING_PAUSES }, (_, pause) => ({
      concurrency,
      requests: concurrency,
      pauseMs: Math.round(pauseMs / 2 ** (GROWING_PAUSES - 1 - pause)),
    })),
  ],
};

export const DESIGNS: readonly Design[] = [reference, burst, ramp, steady, lifetime];

function stagesAlike({ runs, concurrency, requests, pauseMs }: PlanParameters): Stage[] {
  return equalStages(runs, concurrency, requests, pauseMs);
}

/** 1, 2, 4 … and the last number itself. */
function doublingTo(last: number): number[] {
  const steps = Array.from({ length: Math.ceil(Math.log2(last)) }, (_, power) => 2 ** power);
  return [...steps, last];
}
