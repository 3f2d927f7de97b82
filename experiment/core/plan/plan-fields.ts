/** Reads the fields of a plan, each from a text that a person typed. */

import { lengthOf, MAX_CLIENT_LENGTH } from "../../../handler/contract.ts";
import { inWords } from "../numbers.ts";
import { formatDuration, parseDuration } from "./duration.ts";

/** What is wrong with one field, in words that say what would be right. */
export interface PlanProblem<Field extends string> {
  field: Field;
  message: string;
}

/** The field's value; the fallback where it was not given, or is wrong. */
export type ReadField<Field extends string> = <T>(
  field: Field,
  fallback: T,
  parse: (text: string) => T | string,
) => T;

/** Reads fields one by one and gathers all problems, so that a form can show each in its place. */
export function fieldReader<Field extends string>(
  input: Partial<Record<Field, string | undefined>>,
): { read: ReadField<Field>; problems: PlanProblem<Field>[] } {
  const problems: PlanProblem<Field>[] = [];
  const read: ReadField<Field> = (field, fallback, parse) => {
    const text = input[field];
    if (text === undefined) return fallback;
    const value = parse(text);
    if (typeof value !== "string") return value;
    problems.push({ field, message: value });
    return fallback;
  };
  return { read, problems };
}

/** Reads names that are separated by commas or line breaks, or says what is wrong with them. */
export function parseClients(text: string): string[] | string {
  const names = text
    .split(/[,\n]/)
    .map((name) => name.trim())
    .filter((name) => name !== "");
  if (names.length === 0) return "name at least one client, such as Ana, Barbara";
  const long = names.find((name) => lengthOf(name) > MAX_CLIENT_LENGTH);
  if (long !== undefined) {
    return `"${[...long].slice(0, 20).join("")}…" is longer than ${MAX_CLIENT_LENGTH} characters`;
  }
  return names;
}

/** A reader of whole numbers within limits; thousands may be separated. */
export function wholeNumber({ min, max }: { min: number; max: number }) {
  return (text: string): number | string => {
    const plain = text.trim().replace(/(?<=\d)[,_](?=\d{3}(?!\d))/g, "");
    const value = Number(plain);
    if (/^\d+$/.test(plain) && value >= min && value <= max) return value;
    return `"${text.trim()}" is not a whole number from ${inWords(min)} to ${inWords(max)}`;
  };
}

/** A reader of durations within limits, in milliseconds. */
export function duration({ min, max }: { min: number; max: number }) {
  return (text: string): number | string => {
    const value = parseDuration(text);
    if (value !== undefined && value >= min && value <= max) return value;
    const range = `${formatDuration(min)} to ${formatDuration(max)}`;
    return `"${text.trim()}" is not a duration from ${range}, such as 5s or 250ms`;
  };
}
