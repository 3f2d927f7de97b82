import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";
import { ROOT } from "./processes.ts";

const FOLDER = join(ROOT, "test/faults");
const COLUMNS = ["fault", "what you see", "what is recorded", "test"];

/** The rows of every table in `docs/faults.md`, as texts of their cells. */
function rows(): string[][] {
  const lines = readFileSync(join(ROOT, "docs/faults.md"), "utf8").split("\n");
  return lines
    .filter((line) => line.startsWith("| "))
    .map((line) => line.split("|").slice(1, -1))
    .map((cells) => cells.map((cell) => cell.trim()))
    .filter((cells) => cells.some((cell) => !/^-+$/.test(cell)) && cells[0] !== COLUMNS[0]);
}

/** The names of a file's tests as they are written, `$placeholders` and all. */
function testsIn(file: string): string[] {
  const text = readFileSync(join(FOLDER, file), "utf8");
  const names: string[] = [];
  const visit = (node: ts.Node): void => {
    ts.forEachChild(node, visit);
    if (!ts.isCallExpression(node)) return;
    const [name] = node.arguments;
    const callee = node.expression.getText();
    if (!/^test\b/.test(callee) || name === undefined) return;
    if (ts.isStringLiteral(name) || ts.isNoSubstitutionTemplateLiteral(name)) names.push(name.text);
  };
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true));
  return names;
}

const files = readdirSync(FOLDER).filter((name) => name.endsWith(".test.ts"));
const tests = files.flatMap(testsIn);

test("every fault in the table says what is seen, what is recorded, and names a test that exists", () => {
  expect(rows().length).toBeGreaterThan(50);
  const wrong = rows().filter(
    (cells) =>
      cells.length !== COLUMNS.length || cells.includes("") || !tests.includes(cells[3] ?? ""),
  );
  expect(wrong).toEqual([]);
});

test("every test of a fault stands in the table, under a name of its own", () => {
  const named = new Set(rows().map((cells) => cells[3]));
  expect(tests.filter((name) => !named.has(name))).toEqual([]);
  expect(tests.filter((name, index) => tests.indexOf(name) !== index)).toEqual([]);
});
