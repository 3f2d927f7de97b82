/** The properties of resources, as the engine sends them and the stand-in compares them. */

import { randomBytes } from "node:crypto";
import { isDeepStrictEqual } from "node:util";

/** Plain values, archives, and {@link UNKNOWN} in previews. */
export type Properties = Record<string, unknown>;

/** Stands for a value that is known only once something else has been created. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/**
 * The key under which the engine marks values that are more than plain ones, and its mark of an archive:
 * https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/sig/sig.go
 */
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const ARCHIVE = "0def7320c3a5731c473e5ecbe6d01bc7";

/** Files that a program hands over. */
export interface Archive {
  /** SHA-256 of its files, in hexadecimal digits. */
  hash: string;
  assets: Record<string, { text: string }>;
}

export type Change = "ADD" | "DELETE" | "UPDATE";

export function isRecord(value: unknown): value is Properties {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isArchive(value: unknown): value is Archive {
  return isRecord(value) && value[SIGNATURE] === ARCHIVE;
}

/** What the provider puts behind a prefix: a time and a counter, 26 digits together. */
export function uniqueDigits(): string {
  const time = new Date().toISOString().replaceAll(/\D/g, "");
  return `${time}${randomBytes(5)
    .toString("hex")
    .slice(0, 26 - time.length)}`;
}

/**
 * What has to change, by its path, such as `environment.variables.GENERATION`.
 *
 * @param state what there is
 * @param wanted what there should be
 * @param computed what AWS fills where nothing is wanted
 */
export function changesBetween(
  state: unknown,
  wanted: unknown,
  computed: readonly string[],
  path = "",
): Record<string, Change> {
  if (isPlainRecord(state) && isPlainRecord(wanted)) {
    const names = new Set([...Object.keys(state), ...Object.keys(wanted)]);
    return Object.assign(
      {},
      ...[...names].map((name) => {
        const inside = path === "" ? name : `${path}.${name}`;
        return changesBetween(state[name], wanted[name], computed, inside);
      }),
    );
  }
  if (same(state, wanted) || (wanted === undefined && computed.includes(path))) return {};
  if (state === undefined) return { [path]: "ADD" };
  return { [path]: wanted === undefined ? "DELETE" : "UPDATE" };
}

function same(state: unknown, wanted: unknown): boolean {
  // The texts inside are not kept in the state, but what was made of them is.
  if (isArchive(state) && isArchive(wanted)) return state.hash === wanted.hash;
  return isDeepStrictEqual(jsonOf(state), jsonOf(wanted));
}

/** What a text of JSON says: two policies that say the same are the same. */
function jsonOf(value: unknown): unknown {
  return typeof value === "string" && value.startsWith("{") ? JSON.parse(value) : value;
}

function isPlainRecord(value: unknown): value is Properties {
  return isRecord(value) && !(SIGNATURE in value);
}
