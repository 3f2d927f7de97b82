/** A type of resource: what pulumi-aws knows of it, and what it asks of AWS. */

import { z } from "zod";
import type { Properties } from "./properties.ts";

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
  /** What inputs may be, of which none is unknown, and any may be absent. */
  inputs: z.ZodType;
  /** @param made is told the resource's id once it exists, whatever may go wrong after that */
  create(inputs: Properties, made: (id: string) => void): Promise<void>;
  /** The resource as AWS has it; `undefined` when it is not there. What AWS does not tell is left out. */
  read(existing: Existing): Properties | undefined;
  /** Left out where every change takes a new resource. */
  update?(update: Update): Promise<void>;
  /** Removes it, if it is there. */
  remove(existing: Existing): Promise<void>;
}

/** What one of the provider's functions answers to its arguments. */
export type Lookup = (args: Properties) => Properties;

export interface Failure {
  property: string;
  reason: string;
}

/** What is wrong with inputs, by a schema of those that can be wrong. */
export function failuresOf(schema: z.ZodType, inputs: Properties): Failure[] {
  const issues = schema.safeParse(inputs).error?.issues ?? [];
  return issues.map(({ path, message }) => ({ property: String(path[0]), reason: message }));
}

export const text = (pattern: RegExp, maxLength: number) =>
  z.string().regex(pattern).max(maxLength);

/** https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html */
const TAG_CHARACTERS = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

/** The rules that hold for the tags of every resource. */
export const tags = z
  .record(text(TAG_CHARACTERS, 128).regex(/^(?!aws:)./i), text(TAG_CHARACTERS, 256))
  .refine((all) => Object.keys(all).length <= 50, "there are more than 50 tags");
