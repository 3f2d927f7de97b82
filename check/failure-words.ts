/** What a check failed with, and what helps, in the words of its command line. */

import { StartError } from "../local-lambda/start-error.ts";
import { startWords } from "../local-lambda/start-words.ts";
import { logBeneath } from "./reports/report-text.ts";
import { CodeDidNotStart } from "./sandbox.ts";

/** As lines; they may hold what the code has thrown and logged. */
export function errorWords(error: unknown): string {
  if (error instanceof StartError) return startWords(error);
  if (error instanceof CodeDidNotStart) return notStarted(error);
  return error instanceof Error ? error.message : String(error);
}

function notStarted({ failure: { errorType, errorMessage }, log }: CodeDidNotStart): string {
  const isNotFound = errorType === "Runtime.HandlerNotFound";
  return [
    `The code could not be initialized: ${errorType}: ${errorMessage}`,
    ...logBeneath(log),
    isNotFound
      ? "--handler names a file and what it exports, such as index.handler. A server that " +
        "listens is checked with --model web-function."
      : "The code is given no variables but those of --env NAME=value and --env-file.",
  ].join("\n");
}
