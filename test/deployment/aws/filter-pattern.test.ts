import { expect, test } from "vitest";
import { filterPattern } from "./filter-pattern.ts";

const START = '{"type":"platform.initStart","record":{"functionName":"f"}}';
const STEP = '{"message":"step 1 of 5","requestId":"id-1"}';

test.each([
  ['{ $.type = "platform.initStart" }', START, true],
  ['{ $.type = "platform.initStart" }', STEP, false],
  ['{$.type="platform.init*"}', START, true],
  ['{ $.record.functionName = "f" }', START, true],
  ['{ $.message = "step 1 of *" }', STEP, true],
  ['{ $.message = "step 2 of *" }', STEP, false],
  ['{ ($.type = "platform.initStart") || ($.message = "step 1 of *") }', START, true],
  ['{ ($.type = "platform.initStart") || ($.message = "step 1 of *") }', STEP, true],
  ['{ ($.type = "x") || ($.message = "y*") }', STEP, false],
  ['{ $.message = "step 1 of *" }', "step 1 of 5", false],
  ["", "any line", true],
])("%s over %s: %s", (pattern, line, matches) => {
  expect(filterPattern(pattern)?.(line)).toBe(matches);
});

test.each(["{ $.type }", "{ $.type = 5 }", "ERROR", '{ type = "a" }'])(
  "%s is not understood, and says so instead of matching nothing",
  (pattern) => {
    expect(filterPattern(pattern)).toBeUndefined();
  },
);
