/** Which options belong to which models; those that are not named here belong to all. */

import type { FunctionConfiguration, Model } from "../function-configuration.ts";

/** The parts of a configuration that only some models have, and the option of each. */
export const MODEL_OPTIONS = {
  idleTimeoutMs: { option: "--idle-timeout", models: ["on-demand", "web-function"] },
  concurrencyLimit: { option: "--concurrency-limit", models: ["on-demand"] },
  environments: { option: "--environments", models: ["managed-instances"] },
  workers: { option: "--workers", models: ["managed-instances"] },
  maxConcurrency: { option: "--max-concurrency", models: ["managed-instances", "web-function"] },
  seed: { option: "--seed", models: ["on-demand", "managed-instances"] },
  invokeMode: { option: "--invoke-mode", models: ["on-demand", "managed-instances"] },
} as const satisfies Partial<
  Record<keyof FunctionConfiguration, { option: string; models: readonly Model[] }>
>;

export type ModelOption = keyof typeof MODEL_OPTIONS;

/** The options of single models that were given, each with its value. */
export type GivenOptions = Partial<Pick<FunctionConfiguration, ModelOption>>;

/** The most that the sizes of a model may be. */
export const MAX_SIZES = { environments: 1_000, workers: 256, maxConcurrency: 1_600 } as const;

/**
 * The most requests that a Web Function may be given at once.
 * https://docs.aws.amazon.com/lambda/latest/dg/web-functions-scaling.html
 */
const MAX_WEB_CONCURRENCY = 128;

export function belongsTo(name: ModelOption, model: Model): boolean {
  return (MODEL_OPTIONS[name].models as readonly Model[]).includes(model);
}

/**
 * What is wrong with options that were given together with a model.
 *
 * @returns one sentence that says what to do instead, or `undefined`
 */
export function misplacedOption(model: Model, given: GivenOptions): string | undefined {
  for (const name of Object.keys(given) as ModelOption[]) {
    if (given[name] === undefined || belongsTo(name, model)) continue;
    const { option, models } = MODEL_OPTIONS[name];
    return `${option} is an option of ${models.join(" and ")}: leave it out with --model ${model}.`;
  }
  if (model === "web-function" && (given.maxConcurrency ?? 0) > MAX_WEB_CONCURRENCY) {
    return `--max-concurrency of web-function is at most ${MAX_WEB_CONCURRENCY}.`;
  }
  return undefined;
}
