import fc from "fast-check";
import stringWidth from "string-width";
import { expect, test } from "vitest";
import { textWidth } from "./text-width.ts";

test("a text is as wide as string-width says, of ASCII alone or not", () => {
  const units = ["grapheme", "binary-ascii", "grapheme-ascii"] as const;
  const text = fc.oneof(...units.map((unit) => fc.string({ unit, maxLength: 20 })));
  fc.assert(
    fc.property(text, (some) => {
      expect(textWidth(some)).toBe(stringWidth(some));
    }),
  );
});
