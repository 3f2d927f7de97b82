/** The properties of resources, as the engine sends them and the stand-in compares them. */

import { isDeepStrictEqual } from "node:util";

/** Plain values, archives, and {@link UNKNOWN} in previews. */
export type Properties = Record<string, unknown>;

/** Stands for a value that is known only once something else has been created. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** The key under which the engine marks values that are more than plain ones. */
export const SIGNATURE = "4dabf18193072939515e22adb298388d";
/** https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/sig/sig.go */
export const ASSET_OR_ARCHIVE = {
  asset: "c44067f5952c0a294b673a41bacd8c17",
  archive: "0def7320c3a5731c473e5ecbe6d01bc7",
};

export type Change = "ADD" | "DELETE" | "UPDATE";

export function isRecord(value: unknown): value is Properties {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isArchive(value: unknown): value is Properties {
  return isRecord(value) && value[SIGNATURE] === ASSET_OR_ARCHIVE.archive;
}

/**
 * What has to change, by its path, such as `environment.variables.GENERATION`.
 *
 * @param state what there is
 * @param wanted what there should be
 * @param computed paths that AWS fills where nothing is wanted
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
  if (isEmpty(state)) return { [path]: "ADD" };
  return { [path]: wanted === undefined ? "DELETE" : "UPDATE" };
}

function same(state: unknown, wanted: unknown): boolean {
  if (isEmpty(state) && isEmpty(wanted)) return true;
  // The texts inside are not kept in the state, but what was made of them is.
  if (isArchive(state) && isArchive(wanted)) return state.hash === wanted.hash;
  return isDeepStrictEqual(jsonOf(state) ?? state, jsonOf(wanted) ?? wanted);
}

/** Nothing, as AWS answers it in the place of what was never set. */
function isEmpty(value: unknown): boolean {
  return (
    value === undefined ||
    value === "" ||
    (Array.isArray(value) && value.length === 0) ||
    (isRecord(value) && Object.keys(value).length === 0)
  );
}

/** What a text of JSON says: two policies that say the same are the same. */
function jsonOf(value: unknown): unknown {
  if (typeof value !== "string" || !value.startsWith("{")) return undefined;
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}

function isPlainRecord(value: unknown): value is Properties {
  return isRecord(value) && !(SIGNATURE in value);
}
