import { expect, test } from "vitest";
import { UnwritableRecordError } from "../experiment/records/record-file.ts";
import { describeFailure } from "./failure.ts";

function unwritable(code: string): UnwritableRecordError {
  const cause = Object.assign(new Error(`${code}: no way, write`), { code });
  return new UnwritableRecordError(`It failed: ${cause.message}`, "Use --out.", { cause });
}

test.each([
  ["ENOSPC", /^Make room on the disk, or start the screen with another folder in the variable /],
  ["EDQUOT", /^Make room on the disk, or /],
  [
    "EROFS",
    /^Start the screen with another folder in the variable LAMBDA_CONCURRENCY_TEST_DATA\.$/,
  ],
])(
  "of a record that cannot be written for %s the screen names what helps there",
  (code, nextStep) => {
    const failure = describeFailure(unwritable(code));
    expect(failure.message).toBe(`It failed: ${code}: no way, write.`);
    expect(failure.nextStep).toMatch(nextStep);
  },
);

test("what nobody foresaw is a bug, whatever was thrown", () => {
  expect(describeFailure("nonsense")).toEqual({ message: "nonsense.", nextStep: "This is a bug." });
});
