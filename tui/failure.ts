/** What went wrong, as the screen says it. */

import { ExperimentError } from "../experiment/core/errors.ts";
import type { Failure } from "./state.ts";

export function describeFailure(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error);
  const known = error instanceof ExperimentError;
  return { message, nextStep: known ? error.nextStep : "This is a bug." };
}
