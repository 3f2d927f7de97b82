import { expect, test } from "vitest";
import { shownLog } from "./report-text.ts";

const many = Array.from({ length: 5 }, (_, at) => `line ${at}`);

test("of a long log errors are shown before all else, in their order, without strange frames", () => {
  const error = [
    "[a] ERROR Error: no queue",
    "[a]     at handler (/code/index.js:3:1)",
    "[a]     at process.processTicksAndRejections (node:internal/process/task_queues:103:5)",
    "[a]     at callNoted (/tmp/x/aws-lambda-ric.cjs:9:1)",
  ];
  expect(shownLog([...many, ...error], 4)).toEqual([
    "line 0",
    "line 1",
    "[a] ERROR Error: no queue",
    "[a]     at handler (/code/index.js:3:1)",
    "and 3 more lines, which the record has",
  ]);
});

test("a long line is cut, and a short log is shown whole", () => {
  expect(shownLog(["x".repeat(500)], 4)).toEqual([`${"x".repeat(200)}…`]);
  expect(shownLog(many, 5)).toEqual(many);
});
