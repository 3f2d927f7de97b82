import { existsSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { temporaryFolder } from "../../test/processes.ts";
import { DATA_FOLDER_VARIABLE, makeFolder, recordsFolder } from "./data-folder.ts";

afterEach(() => vi.unstubAllEnvs());

test("the data folder is the platform's, or the variable's", () => {
  vi.stubEnv(DATA_FOLDER_VARIABLE, "");
  expect(recordsFolder()).toMatch(/lambda-concurrency-test.records$/);
  vi.stubEnv(DATA_FOLDER_VARIABLE, "/somewhere");
  expect(recordsFolder()).toBe("/somewhere/records");
});

test("every folder that is missing is made, for its owner alone, and those there are left alone", () => {
  const root = temporaryFolder();
  makeFolder(join(root, "a"));
  makeFolder(join(root, "a", "b", "c"));
  makeFolder(join(root, "a", "b", "c"));
  for (const name of ["a", "a/b", "a/b/c"]) {
    expect(statSync(join(root, name)).mode & 0o777).toBe(0o700);
  }
});

test("a link to a folder is one", () => {
  const root = temporaryFolder();
  makeFolder(join(root, "a"));
  symlinkSync(join(root, "a"), join(root, "link"));
  makeFolder(join(root, "link", "b"));
  expect(existsSync(join(root, "a", "b"))).toBe(true);
});

test.each([
  ["a file", "file", /^EEXIST/],
  ["below a file", "file/below", /^ENOTDIR/],
  ["a link to nothing", "link", /^EEXIST/],
])("what is %s is refused in the system's words", (_, name, message) => {
  const root = temporaryFolder();
  writeFileSync(join(root, "file"), "");
  symlinkSync(join(root, "nothing"), join(root, "link"));
  expect(() => makeFolder(join(root, name))).toThrow(message);
});

test.skipIf(!existsSync("/proc/self"))(
  "where no folder can be made, the first failure is the end",
  () => {
    expect(() => makeFolder("/proc/none/of/these")).toThrow(/'\/proc\/none'$/);
  },
);
