import { expect, test } from "vitest";
import { ExperimentError } from "../core/errors.ts";
import { errorWords } from "./error-words.ts";

const DISK = { path: "/r", why: "no way", code: "EROFS" };
const FULL = { ...DISK, code: "ENOSPC" };

test.each([
  [
    new ExperimentError("record not begun", FULL),
    "Name a file with --out, or a folder with the variable LAMBDA_CONCURRENCY_TEST_DATA.",
    "Make room on the disk, or start the screen with another folder in the variable LAMBDA_CONCURRENCY_TEST_DATA.",
  ],
  [
    new ExperimentError("record not begun", DISK),
    "Name a file with --out, or a folder with the variable LAMBDA_CONCURRENCY_TEST_DATA.",
    "Start the screen with another folder in the variable LAMBDA_CONCURRENCY_TEST_DATA.",
  ],
  [
    new ExperimentError("report not created", FULL),
    "Name another file.",
    "Make room on the disk, or start the screen in a folder on another one.",
  ],
  [
    new ExperimentError("report not written", DISK),
    "Make room on the disk, or name another file.",
    "Start the screen in a folder that can be written to.",
  ],
  [
    new ExperimentError("record without a log", { path: "/r", isOfStack: true, stack: "dev" }),
    'Fire again, with "--target stack:dev".',
    "Fire again, at a stack.",
  ],
  [
    new ExperimentError("embedded Lambda too large", { what: "2 environments", needs: "1 TB" }),
    "Choose fewer with --environments or --workers.",
    "Choose fewer environments or worker threads.",
  ],
])("each user interface names what helps there against %s", (error, onCommandLine, onScreen) => {
  expect(errorWords(error, "command line").nextStep).toBe(onCommandLine);
  expect(errorWords(error, "screen").nextStep).toBe(onScreen);
});

test.each([
  [
    new ExperimentError("no stack selected", { variable: "tomato" }),
    "There is no stack tomato, which the variable PULUMI_STACK selects.",
  ],
  [
    new ExperimentError("function not answering", {
      ...{ functionName: "f", waitedMs: 300_004, why: "503 Service Unavailable", command: "aws" },
    }),
    "The function f did not answer within 5 min: 503 Service Unavailable.",
  ],
  [
    new ExperimentError("stack not finished", { stack: "dev" }),
    "The stack dev has no outputs yet: its first update is in progress, or was interrupted. " +
      "What it has created may be billed by the hour (Managed Instances).",
  ],
  [
    new ExperimentError("secret outputs", { stack: "dev", outputs: ["url"] }),
    "The output url of the stack dev is a secret, which is not asked for.",
  ],
  [
    new ExperimentError("secret outputs", { stack: "dev", outputs: ["url", "memoryMb"] }),
    "The outputs url, memoryMb of the stack dev are secrets, which are not asked for.",
  ],
  [
    new ExperimentError("record changed", { path: "/r", bytes: -5 }),
    "Somebody cut the record /r while it was written: 5 bytes of it are lost.",
  ],
  [
    new ExperimentError("record gone", { path: "/r", why: "no way", keptAs: "/k" }),
    "The record is gone from /r, and cannot be written there again: no way. It was kept as /k.",
  ],
])("%s is worded by its facts", (error, message) => {
  expect(errorWords(error, "screen").message).toBe(message);
});

test("what nobody foresaw is a bug, whatever was thrown", () => {
  expect(errorWords("nonsense", "screen")).toEqual({
    message: "nonsense.",
    nextStep: "This is a bug. What was recorded until then is kept.",
  });
});
