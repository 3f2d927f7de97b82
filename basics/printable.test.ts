import { expect, test } from "vitest";
import { printable } from "./printable.ts";

test("what a terminal would obey is shown as its code", () => {
  expect(printable("\u001b[31mé\u202e\u2028\ud800🙂")).toBe("\\u001b[31mé\\u202e\\u2028\\ud800🙂");
});
