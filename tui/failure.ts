/** What went wrong, as the screen says it. */

import { asSentence, ExperimentError, rootCause } from "../experiment/core/errors.ts";
import { DATA_FOLDER_VARIABLE } from "../experiment/records/data-folder.ts";
import { NO_ROOM, UnwritableRecordError } from "../experiment/records/record-file.ts";
import type { Failure } from "./state.ts";

export function describeFailure(error: unknown): Failure {
  const message = asSentence(error instanceof Error ? error.message : String(error));
  return { message, nextStep: nextStepOf(error) };
}

function nextStepOf(error: unknown): string {
  if (error instanceof UnwritableRecordError) {
    const elsewhere = `with another folder in the variable ${DATA_FOLDER_VARIABLE}`;
    return isFull(error)
      ? `Make room on the disk, or start the screen ${elsewhere}.`
      : `Start the screen ${elsewhere}.`;
  }
  return error instanceof ExperimentError ? error.nextStep : "This is a bug.";
}

/** Whether it was for want of room that something could not be written. */
export function isFull(error: unknown): boolean {
  const cause = rootCause(error);
  return cause instanceof Error && "code" in cause && NO_ROOM.has(String(cause.code));
}
