import xterm from "@xterm/headless";
import fc from "fast-check";
import stringWidth from "string-width";
import { expect, test } from "vitest";
import { inputs } from "../../test/effort.ts";
import { pinColumns } from "./pinned-columns.ts";

const COLUMNS = 80;
/** Graphemes about which terminals disagree, and some others between them. */
const GRAPHEMES =
  "👍 👍🏽 ☝🏽 🏽 👩‍🚀 🇩🇪 🇩 ❤️ ❤︎ ❤ 1️⃣ 1⃣ ✅ ⚡︎ 🫨 🏴󠁧󠁢󠁥󠁮󠁧󠁿 日 한 é e\u0301 ½ ● ━━ … क्षि กำ a b%".split(" ");
const RED = "\u001b[31m";

/** How many columns a terminal gives to a code point by itself. */
type WidthOf = (codePoint: number) => number;
const TERMINALS: Record<string, WidthOf | undefined> = {
  "as xterm.js has it, by an old version of Unicode": undefined,
  "as tmux has it, each code point by itself": (codePoint) =>
    stringWidth(String.fromCodePoint(codePoint)),
  "with what is ambiguous in two columns": (codePoint) =>
    stringWidth(String.fromCodePoint(codePoint), { ambiguousIsNarrow: false }),
  "that knows neither emoji nor marks": () => 1,
};

/** The cells of the first two rows, after this was written to a terminal. */
async function rowsOf(text: string, widthOf: WidthOf | undefined): Promise<string[][]> {
  const terminal = new xterm.Terminal({
    cols: COLUMNS,
    rows: 3,
    convertEol: true,
    allowProposedApi: true,
  });
  if (widthOf) {
    const wcwidth = (codePoint: number) => Math.min(2, widthOf(codePoint)) as 0 | 1 | 2;
    const charProperties = (codePoint: number, preceding: number) => {
      const before = (preceding >> 1) & 3;
      const width = wcwidth(codePoint);
      // A mark joins what stands before it.
      const isJoined = width === 0 && before > 0;
      return ((isJoined ? before : width) << 1) | (isJoined ? 1 : 0);
    };
    terminal.unicode.register({ version: "other", wcwidth, charProperties });
    terminal.unicode.activeVersion = "other";
  }
  await new Promise<void>((resolve) => terminal.write(text, resolve));
  const rows = [0, 1].map((row) =>
    Array.from({ length: COLUMNS }, (_, column) => {
      return terminal.buffer.active.getLine(row)?.getCell(column)?.getChars() ?? "";
    }),
  );
  terminal.dispose();
  return rows;
}

test.each(Object.entries(TERMINALS))(
  "what follows stands in its column in a terminal %s",
  async (_, widthOf) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...GRAPHEMES, RED), { maxLength: 12 }),
        fc.integer({ min: 0, max: COLUMNS - 30 }),
        async (graphemes, start) => {
          const text = graphemes.join("");
          const to = `\u001b[${start + 1}G`;
          const [cells] = await rowsOf(pinColumns(`${to}${text}|end`), widthOf);
          // As lines are laid out: each piece of one style by itself.
          const pieces = text.split(RED);
          const column = pieces.reduce((sum, piece) => sum + stringWidth(piece), start);
          expect(cells?.slice(column, column + 4).join(""), text).toBe("|end");
        },
      ),
      { numRuns: inputs(100, 5_000) },
    );
  },
);

test("what is too wide for the end of a line does not go on in the next one", async () => {
  const widthOf = TERMINALS["as tmux has it, each code point by itself"];
  const lines = `${"x".repeat(COLUMNS - 3)} 👍🏽\nsecond`;
  const [, second] = await rowsOf(pinColumns(lines), widthOf);
  expect(second?.join("")).toBe("second");
});

test("text that all terminals agree about is written as it is", () => {
  const text = "\u001b[2K\u001b[1GAna  \u001b[31m2nd\u001b[39m\n";
  expect(pinColumns(text)).toBe(text);
});
