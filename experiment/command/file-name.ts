/** The name of a file that is to be written, on a command line. */

import { InvalidArgumentError } from "commander";

/**
 * Takes a file's name as it is.
 *
 * @throws InvalidArgumentError for what cannot be one
 */
export function fileName(value: string): string {
  if (value === "") throw new InvalidArgumentError("Name a file.");
  if (value === "-")
    throw new InvalidArgumentError("Standard output needs no --out: leave it out.");
  if (/[/\\]$/.test(value)) throw new InvalidArgumentError("That is a folder: name a file in it.");
  return value;
}
