/** Short names for execution environments. */

import { printable } from "../../basics/printable.ts";

const SHORTEST = 4;
/** No id that a service gives is longer; of longer ones that begin alike, labels are alike too. */
const LONGEST = 64;

/** What gives an environment its short name; of one that was never added, what it would be. */
export interface Labels {
  get(id: string): string;
}

/**
 * Gives every environment the shortest label that is its own: the beginning of what makes log
 * streams differ, four characters or more. Labels grow when a new environment needs it, which
 * happens ever more rarely, so that following a run costs the same for each answer.
 */
export class EnvironmentLabels implements Labels {
  readonly #parts = new Map<string, string>();
  #takesWholeIds = false;
  #length = SHORTEST;
  #taken = new Set<string>();

  constructor(ids: Iterable<string> = []) {
    for (const id of ids) this.add(id);
  }

  get(id: string): string {
    return labelOf(this.#parts.get(id) ?? this.#partOf(id), this.#length);
  }

  add(id: string): void {
    if (this.#parts.has(id)) return;
    const part = this.#partOf(id);
    this.#parts.set(id, part);
    const label = labelOf(part, this.#length);
    if (this.#taken.has(label) && this.#length < LONGEST) this.#grow();
    else this.#taken.add(label);
  }

  #partOf(id: string): string {
    return printable(this.#takesWholeIds ? id : distinctivePart(id));
  }

  #grow(): void {
    if (!this.#takesWholeIds && new Set(this.#parts.values()).size < this.#parts.size) {
      this.#takesWholeIds = true;
      for (const id of this.#parts.keys()) this.#parts.set(id, this.#partOf(id));
    }
    const parts = [...this.#parts.values()];
    const longest = parts.reduce((max, part) => Math.max(max, part.length), 0);
    const most = Math.min(longest, LONGEST);
    const cut = () => new Set(parts.map((part) => labelOf(part, this.#length)));
    for (this.#taken = cut(); this.#taken.size < parts.length; this.#taken = cut()) {
      if (this.#length >= most) break;
      this.#length += 1;
    }
  }
}

/** Of `2026/11/23/[$LATEST]8f3a…` what follows the version; of anything else all of it. */
function distinctivePart(id: string): string {
  return id.slice(id.lastIndexOf("]") + 1) || id;
}

/** As many units of a text, and no half of a character at the end. */
function labelOf(part: string, length: number): string {
  const beginning = part.slice(0, length);
  return beginning.isWellFormed() ? beginning : beginning.slice(0, -1);
}
