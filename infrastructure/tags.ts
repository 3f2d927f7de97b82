/**
 * The tags of all that is deployed and can carry tags, from log groups, roles and functions to buckets,
 * security groups, capacity providers and the stacks of web functions.
 */

import type { Rule } from "./rules.ts";

export type Tags = Record<string, string>;

/** Most tags that AWS lets a user put on one resource. */
const MAX_TAGS = 50;
const MAX_NAME_LENGTH = 128;
const MAX_VALUE_LENGTH = 256;
/** The tags that {@link withDefaultTags} adds. */
const DEFAULT_NAMES = ["project", "stack"] as const;

/**
 * Pairs of `name=value`, separated by commas, or `none`. A value may be empty, and may contain `=`.
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_Tag.html,
 * https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
 */
export const tagPairs: Rule<Tags> = {
  expected:
    "none or pairs such as team=platform,cost-center=42, " +
    `names of 1 to ${MAX_NAME_LENGTH} and values of up to ${MAX_VALUE_LENGTH} letters, digits, spaces and ` +
    "_.:/=+-@, no name twice whatever its case, none beginning with aws:, " +
    `and at most ${MAX_TAGS} tags with ${DEFAULT_NAMES.join(" and ")}`,
  read(text) {
    if (text === "none") return {};
    const tags = allowedTags(text);
    return Object.keys(tags).length === text.split(",").length ? tags : undefined;
  },
  nearest: allowedTags,
  write(tags) {
    const pairs = Object.entries(tags).map(([name, value]) => `${name}=${value}`);
    return pairs.join(",") || "none";
  },
};

/**
 * Adds the tags that tell one deployment from another. A tag of the user's replaces a default one of
 * that name, in whatever case, since a role cannot carry both:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html
 */
export function withDefaultTags(
  tags: Tags,
  defaults: Record<(typeof DEFAULT_NAMES)[number], string>,
): Tags {
  const own = new Set(Object.keys(tags).map((name) => name.toLowerCase()));
  const missing = Object.entries(defaults).filter(([name]) => !own.has(name));
  return { ...Object.fromEntries(missing), ...tags };
}

/** Those of the pairs that AWS would accept, the earlier ones first. */
function allowedTags(text: string): Tags {
  const tags: Tags = {};
  const taken = new Set<string>();
  for (const pair of text.split(",")) {
    const end = pair.indexOf("=");
    const name = pair.slice(0, Math.max(end, 0)).trim();
    const value = pair.slice(end + 1).trim();
    const ignoringCase = name.toLowerCase();
    if (name === "" || taken.has(ignoringCase)) continue;
    if (!isAllowed(name, MAX_NAME_LENGTH) || !isAllowed(value, MAX_VALUE_LENGTH)) continue;
    if (new Set([...DEFAULT_NAMES, ...taken, ignoringCase]).size > MAX_TAGS) continue;
    tags[name] = value;
    taken.add(ignoringCase);
  }
  return tags;
}

/** What every service used accepts in names and values; IAM is the strictest of them. */
function isAllowed(text: string, maxLength: number): boolean {
  return (
    /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u.test(text) &&
    !/^aws:/i.test(text) &&
    [...text].length <= maxLength
  );
}
