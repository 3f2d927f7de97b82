import fc from "fast-check";
import { expect, test } from "vitest";
import { inputs } from "../../test/effort.ts";
import { csvRow } from "./csv-report.ts";

test("cells with commas, quotes and line breaks are quoted, by RFC 4180", () => {
  expect(csvRow(["a,b", 'say "hi"', "two\r\nlines", "plain", undefined, true, 1.5])).toBe(
    '"a,b","say ""hi""","two\r\nlines",plain,,true,1.5\r\n',
  );
});

test.each(["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "＝1"])(
  "the text %j is not a formula to a spreadsheet",
  (text) => {
    expect(csvRow([text])).toMatch(/^"?'/);
  },
);

test.each([";", "\t", "|"])(
  "no part of a name is a formula where %j separates cells",
  (separator) => {
    const row = csvRow(["Ana", `Ana${separator}=1+1${separator}x`]);
    expect(row).toBe(`Ana,"Ana${separator}'=1+1${separator}x"\r\n`);
  },
);

test("spaces at the ends of a name are kept by readers that trim", () => {
  expect(csvRow([" Ana", "Bo ", "C y", " "])).toBe('" Ana","Bo ",C y," "\r\n');
});

test("negative numbers stay numbers", () => {
  expect(csvRow([-1, -0.5])).toBe("-1,-0.5\r\n");
});

test("whatever a row holds, a reader gets its cells back, and no formula whatever separates them", () => {
  const formula = fc.constantFrom(
    "=",
    "+",
    "-",
    "@",
    "＝",
    ";",
    "|",
    "\t",
    "\r",
    "\n",
    " ",
    '"',
    "'",
  );
  const cell = fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: formula }));
  const plain = (text: string) => text.replaceAll("'", "");
  fc.assert(
    fc.property(fc.array(cell, { minLength: 1 }), (cells) => {
      const read = parse(csvRow(cells));
      expect(read.map(plain)).toEqual(cells.map(plain));
      const parts = read.flatMap((one) => one.split(/[;|\t\r\n]/));
      expect(parts.filter((part) => /^[\s"]*[=+\-@＋－＝＠]/.test(part))).toEqual([]);
    }),
    { numRuns: inputs(1_000, 10_000) },
  );
});

/** One row, read as RFC 4180 says. */
function parse(row: string): string[] {
  const cells = row.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(?:,|\r\n)/gy);
  return [...cells].map(([, quoted, plain = ""]) => quoted?.replaceAll('""', '"') ?? plain);
}
