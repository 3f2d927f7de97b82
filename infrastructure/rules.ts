/** What the text of a configuration key may be. */
import assert from "node:assert/strict";

export interface Rule<Value> {
  /** Completes "must be". */
  expected: string;
  /** The value, or `undefined` when the text is not allowed. */
  read(text: string): Value | undefined;
  /** An allowed value near to a text that is not. */
  nearest(text: string): Value;
  /** The text that reads as the value; left out where it is the value's own. */
  write?(value: Value): string;
}

/** A number without sign, point or exponent, within limits that are allowed themselves. */
export function wholeNumber(
  unit: string,
  min: number,
  max = Number.MAX_SAFE_INTEGER,
): Rule<number> {
  const range = max < Number.MAX_SAFE_INTEGER ? `from ${min} to ${max}` : `from ${min} up`;
  return {
    expected: `a whole number of ${unit} ${range}`,
    read(text) {
      const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
      return value >= min && value <= max ? value : undefined;
    },
    nearest: (text) => Math.min(Math.max(Math.round(Number(text)) || min, min), max),
  };
}

/** What the rule allows, or the word `none`, which is also what it suggests. */
export function orNone(rule: Rule<number>): Rule<number | "none"> {
  return {
    expected: `none or ${rule.expected}`,
    read: (text) => (text === "none" ? text : rule.read(text)),
    // Never a number: reserving 0 would shut the function off, and any other takes from the account
    // or costs by the hour.
    nearest: () => "none",
  };
}

/** Suggests the first value, or of numbers, in ascending order, the nearest below the one given. */
export function oneOf<const Value extends string | number>(values: readonly Value[]): Rule<Value> {
  const [first] = values;
  assert(first !== undefined, "a choice needs values");
  return {
    expected: `one of ${values.join(", ")}`,
    read: (text) => values.find((value) => String(value) === text),
    nearest: (text) => values.findLast((value) => Number(value) <= Number(text)) ?? first,
  };
}

/** Some of the values, separated by commas; whatever order they are given in, they are read in this one. */
export function someOf<const Value extends string>(values: readonly Value[]): Rule<Value[]> {
  const [first] = values;
  assert(first !== undefined, "a choice needs values");
  const named = (text: string) => text.split(",").map((name) => name.trim());
  return {
    expected: `one or more of ${values.join(", ")}, separated by commas`,
    read(text) {
      const names = named(text);
      const isKnown = names.every((name) => values.some((value) => value === name));
      return isKnown ? values.filter((value) => names.includes(value)) : undefined;
    },
    nearest(text) {
      const known = values.filter((value) => named(text).includes(value));
      return known.length > 0 ? known : [first];
    },
    write: (chosen) => chosen.join(","),
  };
}

/** Identifiers that AWS gave, such as `subnet-0a1b2c3d`, separated by commas, or the word `none`. */
export function identifiers(prefix: string, most: number): Rule<string[] | "none"> {
  const form = new RegExp(`^${prefix}-[0-9a-f]{8,17}$`);
  return {
    expected:
      most === 1
        ? `none or an identifier such as ${prefix}-0a1b2c3d`
        : `none or 1 to ${most} identifiers such as ${prefix}-0a1b2c3d, separated by commas`,
    read(text) {
      if (text === "none") return text;
      const names = text.split(",").map((name) => name.trim());
      const isRight = names.length <= most && names.every((name) => form.test(name));
      return isRight ? [...new Set(names)].toSorted() : undefined;
    },
    nearest: () => "none",
  };
}

/** The beginning of a name in AWS: letters, digits, hyphens and underscores. */
export function namePrefix(maxLength: number): Rule<string> {
  return {
    expected: `1 to ${maxLength} letters, digits, hyphens or underscores`,
    read: (text) => (/^[a-zA-Z0-9_-]+$/.test(text) && text.length <= maxLength ? text : undefined),
    nearest(text) {
      const allowed = text.replaceAll(/[^a-zA-Z0-9_-]+/g, "-").replace(/^-+/, "");
      return allowed.slice(0, maxLength) || "concurrency-test";
    },
  };
}
