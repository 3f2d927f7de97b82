/** A type of resource: what pulumi-aws knows of it, and what it asks of AWS. */

import { isRecord, type Properties } from "./properties.ts";

/** A resource that was made, by the engine's state. */
interface Existing {
  id: string;
  state: Properties;
}

/** An update on its way. */
interface Update extends Existing {
  /** The properties that change, of which some are inside others: `tags`, not `tags.team`. */
  changed: ReadonlySet<string>;
  /** What is wanted, which becomes the state even where the update fails. */
  news: Properties;
}

export interface Kind {
  /** The property that is given a name when the program gives none, and that name's longest length. */
  named?: { property: string; maxLength: number };
  /** The properties that may be given as an object, and go to AWS as the JSON text of it. */
  documents?: readonly string[];
  /** What the provider wants where the program says nothing. */
  defaults?: Properties;
  /** The paths of what AWS makes up where the program says nothing. */
  computed: readonly string[];
  /** Of these, what an update of some properties makes anew. */
  recomputed?(changed: ReadonlySet<string>, news: Properties): readonly string[];
  /** The properties whose change takes a new resource. */
  replacing: readonly string[];
  /** What is wrong with the inputs, of which none is unknown. */
  problems(inputs: Properties): Failure[];
  /** @param made is told the resource's id once it exists, whatever may go wrong after that */
  create(inputs: Properties, made: (id: string) => void): Promise<void>;
  /** The resource as AWS has it; `undefined` when it is not there. What AWS does not tell is left out. */
  read(existing: Existing): Properties | undefined;
  /** Left out where every change takes a new resource. */
  update?(update: Update): Promise<void>;
  /** Removes it, if it is there. */
  remove(existing: Existing): Promise<void>;
}

export interface Failure {
  property: string;
  reason: string;
}

/**
 * Says what is wrong with a value, if anything is, in the words in which the provider refuses it. An
 * absent value is judged by nobody.
 */
export type Rule = (value: unknown) => string | undefined;

/** Applies one rule a property. */
export function judge(inputs: Properties, rules: Record<string, Rule>): Failure[] {
  return Object.entries(rules).flatMap(([property, rule]) => {
    const value = inputs[property];
    const reason = value === undefined ? undefined : rule(value);
    return reason === undefined ? [] : [{ property, reason }];
  });
}

export function whole(min: number, max = Number.MAX_SAFE_INTEGER): Rule {
  return (value) =>
    Number.isInteger(value) && Number(value) >= min && Number(value) <= max
      ? undefined
      : `expected a whole number in the range (${min} - ${max}), got ${JSON.stringify(value)}`;
}

export function oneOf(...values: (string | number)[]): Rule {
  return (value) =>
    values.some((allowed) => allowed === value)
      ? undefined
      : `expected one of ${JSON.stringify(values)}, got ${JSON.stringify(value)}`;
}

export function text(pattern: RegExp, maxLength: number): Rule {
  return (value) =>
    typeof value === "string" && pattern.test(value) && value.length <= maxLength
      ? undefined
      : `expected at most ${maxLength} characters that match ${pattern}, got ${JSON.stringify(value)}`;
}

const MAX_TAGS = 50;
/** https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html */
const TAG_CHARACTERS = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

/** The rules that hold for the tags of every resource. */
export const tags: Rule = (value) => {
  if (!isRecord(value)) return "expected a map of tags";
  const entries = Object.entries(value);
  if (entries.length > MAX_TAGS) return `expected at most ${MAX_TAGS} tags, got ${entries.length}`;
  for (const [key, content] of entries) {
    const says = JSON.stringify(key);
    if (key === "" || key.length > 128) return `the tag key ${says} has not 1 to 128 characters`;
    if (/^aws:/i.test(key)) return `the tag key ${says} begins with aws:, which is reserved`;
    if (typeof content !== "string" || content.length > 256) {
      return `the value of the tag ${says} is no text of at most 256 characters`;
    }
    if (!TAG_CHARACTERS.test(key) || !TAG_CHARACTERS.test(content)) {
      return `the tag ${says} has characters that AWS does not allow`;
    }
  }
  return undefined;
};
