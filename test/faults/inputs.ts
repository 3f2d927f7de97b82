/** Inputs that nobody should send: almost right ones, and anything at all. */

import fc from "fast-check";
import { inputs } from "../effort.ts";

const { FUZZ_SEED, FUZZ_PATH } = process.env;
/** Of one test, in milliseconds; a border that got slow does not hold up the others. */
const TIME_LIMIT_MS = inputs(4_000, 300_000);

/**
 * How hard each border is tried. A failure prints its seed and its path, and with them the one input
 * is tried again: `FUZZ_SEED=… FUZZ_PATH=… npm run test:faults -- -t "NAME OF THE TEST"`.
 */
export const FUZZ: fc.Parameters<unknown> = {
  numRuns: inputs(500, 10_000),
  interruptAfterTimeLimit: TIME_LIMIT_MS,
  ...(FUZZ_SEED !== undefined && { seed: Number(FUZZ_SEED) }),
  ...(FUZZ_PATH !== undefined && { path: FUZZ_PATH }),
};

const odd = fc.oneof(
  fc.constantFrom<unknown>(
    ...[null, true, -1, 0.5, 1e308, 2 ** 53, "", " ", "1", "__proto__", "\ud800", [], {}, [null]],
  ),
  fc.jsonValue(),
);

interface Change {
  /** Which of the keys on each level, modulo their number. */
  at: readonly number[];
  how: "put" | "drop" | "wrap";
  put: unknown;
}

const change: fc.Arbitrary<Change> = fc.record({
  at: fc.array(fc.nat(30), { maxLength: 4 }),
  how: fc.constantFrom("put", "drop", "wrap"),
  put: odd,
});

/** A value of JSON of which a few places were replaced, left out, or put into a list. */
export function mutated(value: unknown): fc.Arbitrary<unknown> {
  return fc
    .array(change, { minLength: 1, maxLength: 3 })
    .map((changes) => changes.reduce<unknown>(changed, value));
}

function changed(value: unknown, { at: [step, ...rest], how, put }: Change): unknown {
  const isNested = typeof value === "object" && value !== null;
  const keys = isNested ? Object.keys(value) : [];
  const key = step === undefined ? undefined : keys[step % keys.length];
  if (key === undefined) return how === "wrap" ? [value] : put;
  const entries = Object.entries(value as object).flatMap(([name, its]): [string, unknown][] => {
    if (name !== key) return [[name, its]];
    if (rest.length === 0 && how === "drop") return [];
    return [[name, changed(its, { at: rest, how, put })]];
  });
  return Array.isArray(value) ? entries.map(([, its]) => its) : Object.fromEntries(entries);
}

const damage = fc.record({
  at: fc.nat(100_000),
  cut: fc.oneof(fc.nat(3), fc.nat(2_000)),
  put: fc.oneof(
    fc.constantFrom("", "\r\n", "\n", "\0", '"', "{", "}", "[", ",", ":", " ", "-", "1e999", "9"),
    fc.string({ unit: "binary", maxLength: 5 }),
  ),
});

/** Bytes of which something was cut out, or has something else put into its place. */
export function damaged(bytes: string | Buffer): fc.Arbitrary<Buffer> {
  return fc.array(damage, { minLength: 1, maxLength: 4 }).map((damages) =>
    damages.reduce((left, { at, cut, put }) => {
      const place = left.length === 0 ? 0 : at % left.length;
      return Buffer.concat([left.subarray(0, place), Buffer.from(put), left.subarray(place + cut)]);
    }, Buffer.from(bytes)),
  );
}

/** Any bytes. */
export const anyBytes = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
