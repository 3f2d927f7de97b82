/** What the options of the embedded Lambda take, and what is said of anything else. */

import { InvalidArgumentError, Option } from "commander";

/** The forms that AWS gives to names. https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html */
export const NAMES = {
  function: /^[\w-]{1,64}$/,
  version: /^(\$LATEST|[1-9]\d{0,9})$/,
  region: /^[a-z][a-z0-9-]{0,40}$/,
  logGroup: /^[\w./#-]{1,512}$/,
};

/** A whole number within limits. */
export function whole(
  flags: string,
  description: string,
  min: number,
  max: number,
  fallback?: number,
) {
  const option = new Option(flags, description).argParser((text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
  });
  return fallback === undefined ? option : option.default(fallback);
}

/** A name of one of the {@link NAMES}. */
export function named(flags: string, description: string, form: RegExp, example: string) {
  return new Option(flags, description).argParser((text) => {
    if (form.test(text)) return text;
    throw new InvalidArgumentError(`It must look like ${example}.`);
  });
}

/** Adds one `NAME=value`, of an option that may be repeated, to those before it. */
export function addVariable(text: string, known: Record<string, string>): Record<string, string> {
  const [, name, value] = /^([A-Za-z_]\w*)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) {
    throw new InvalidArgumentError("It must look like NAME=value.");
  }
  return { ...known, [name]: value };
}
