/** What differs between two sets of properties, path by path, as `pulumi preview --diff` shows it. */

import { isDeepStrictEqual } from "node:util";
import { ASSET_OR_ARCHIVE, isRecord, SIGNATURE } from "./archive.ts";
import type { Change, Properties } from "./provider-protocol.ts";

/**
 * Compares old and new inputs.
 *
 * @param replacing the properties whose change takes a new resource
 */
export function changesBetween(
  olds: Properties,
  news: Properties,
  replacing: ReadonlySet<string>,
): Record<string, Change> {
  const changes: Record<string, Change> = {};
  for (const property of namesOf(olds, news)) {
    const replaces = replacing.has(property);
    for (const [path, kind] of compare(property, olds[property], news[property])) {
      changes[path] = { kind, replaces };
    }
  }
  return changes;
}

function compare(path: string, before: unknown, after: unknown): [string, Change["kind"]][] {
  if (isDeepStrictEqual(before, after)) return [];
  if (before === undefined) return [[path, "ADD"]];
  if (after === undefined) return [[path, "DELETE"]];
  if (isBranch(before) && isBranch(after)) {
    return namesOf(before, after).flatMap((name) =>
      compare(`${path}.${name}`, before[name], after[name]),
    );
  }
  // The texts inside are not kept in the state, but what was made of them is.
  if (isArchive(before) && isArchive(after) && before.hash === after.hash) return [];
  return [[path, "UPDATE"]];
}

function namesOf(...values: Properties[]): string[] {
  return [...new Set(values.flatMap((value) => Object.keys(value)))];
}

function isArchive(value: unknown): value is Properties {
  return isRecord(value) && value[SIGNATURE] === ASSET_OR_ARCHIVE.archive;
}

function isBranch(value: unknown): value is Properties {
  return isRecord(value) && !(SIGNATURE in value);
}
