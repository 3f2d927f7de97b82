/** One type of resource: what pulumi-aws knows of it, and what AWS does with it. */

import type { Account } from "./account.ts";
import type { Failure, Properties } from "./provider-protocol.ts";

interface Created {
  id: string;
  outputs: Properties;
}

/** An existing resource, as the engine's state has it. */
interface Existing {
  id: string;
  outputs: Properties;
  inputs: Properties;
}

export interface Kind {
  /** Where @pulumi/aws declares it, such as `lambda/function`. */
  module: string;
  /** The property that is given a value when the program gives none, and its longest length. */
  named?: { property: string; maxLength: number };
  /** The properties that may be given as an object, and go to AWS as the JSON text of it. */
  documents?: readonly string[];
  /** The properties whose change takes a new resource. */
  replacing: ReadonlySet<string>;
  /** The outputs that AWS makes up at creation. */
  computed: readonly string[];
  /** The outputs that an update of these properties makes anew. */
  recomputed(changed: ReadonlySet<string>, news: Properties): readonly string[];
  /** What is wrong with the inputs, of which none is unknown. */
  problems(inputs: Properties): Failure[];
  create(account: Account, inputs: Properties): Promise<Created>;
  /** @returns all outputs */
  update(account: Account, existing: Existing, news: Properties): Promise<Properties>;
  remove(account: Account, existing: Pick<Existing, "id" | "outputs">): Promise<void>;
}

/** The changed properties of an update. */
export function changedBetween(olds: Properties, news: Properties): Set<string> {
  const names = new Set([...Object.keys(olds), ...Object.keys(news)]);
  return new Set(
    [...names].filter((name) => JSON.stringify(olds[name]) !== JSON.stringify(news[name])),
  );
}
