/** Where a record cannot be written to. */

import { ExperimentError } from "../core/errors.ts";

/**
 * A record that could not be begun. Its next step is that of the command line; a caller that knows no
 * `--out` says what helps there instead.
 */
export class UnwritableRecordError extends ExperimentError {}
