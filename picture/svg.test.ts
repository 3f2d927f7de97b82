import { expect, onTestFinished, test } from "vitest";
import { Terminal } from "../test/screen/terminal.ts";
import { type Cell, toSvg } from "./svg.ts";

async function printed(text: string): Promise<Cell[][]> {
  const terminal = new Terminal("printf", ["%b", text], { columns: 20, rows: 2 });
  onTestFinished(() => terminal.dispose());
  await terminal.exited;
  await terminal.shows(/end/);
  return terminal.cells;
}

test("what a terminal shows stands in the same cells and colours", async () => {
  const screen = await printed("a\\033[1;31mred\\033[0m  <b> 日本 \\033[2mend");
  const svg = toSvg([{ screen, ms: 1_000 }], "Colours", "{}");
  expect(svg).toContain('<text x="0" textLength="8.4" lengthAdjust="spacingAndGlyphs">a</text>');
  expect(svg).toContain(
    '<text x="8.4" textLength="25.2" lengthAdjust="spacingAndGlyphs" class="c1 b">red',
  );
  // Wide characters take two cells each.
  expect(svg).toContain(
    '<text x="50.4" textLength="67.2" lengthAdjust="spacingAndGlyphs">&lt;b&gt; 日本</text>',
  );
  expect(svg).toMatch(/<text x="126"[^>]* class="d">end<\/text>/);
  expect(svg).toContain("<title>Colours</title>");
});

test("frames follow one another, and rows that are alike are drawn once", async () => {
  const screen = await printed("same\\r\\nend");
  const [first = []] = screen;
  const svg = toSvg(
    [
      { screen, ms: 250 },
      { screen: [first, first], ms: 750 },
    ],
    "Two",
    '{"client":"<&>"}\n',
  );
  expect(svg.match(/>same</g)).toHaveLength(1);
  expect(svg).toContain('<metadata>{"client":"&lt;&amp;&gt;"}\n</metadata>');
  expect(svg.match(/<use /g)).toHaveLength(4);
  expect(svg).toContain("@keyframes f0{0%{visibility:visible}25%{visibility:hidden}}");
  expect(svg).toContain("@keyframes f1{0%{visibility:hidden}25%{visibility:visible}}");
});
