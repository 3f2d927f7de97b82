import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../test/processes.ts";
import { StartError } from "../start-error.ts";
import { openCode } from "./code.ts";

/** A new folder with these files. */
function folderOf(files: Record<string, string>): string {
  const root = temporaryFolder();
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), content);
  }
  return root;
}

async function hashOf(files: Record<string, string>): Promise<string> {
  const { codeSha256 } = await openCode({ root: folderOf(files), handler: "index.handler" });
  return codeSha256;
}

test.each([
  ["index.handler", "index.mjs"],
  ["index.handler", "index.js"],
  ["index.handler", "index.cjs"],
  ["index.a.b", "index.mjs"],
  ["src/app.handler", "src/app.js"],
  ["packaged.handler", "node_modules/packaged/index.js"],
])("the handler %s is found in %s", async (handler, file) => {
  const root = folderOf({ [file]: "" });
  expect(await openCode({ root, handler })).toMatchObject({ root });
});

test("a folder given from here is known by its whole path", async () => {
  const root = folderOf({ "index.mjs": "" });
  const given = { root: relative(process.cwd(), root), handler: "index.handler" };
  expect((await openCode(given)).root).toBe(root);
});

test.each([
  [
    "app.handler",
    /handler app\.handler is not in .+: there is none of app\.js, app\.mjs, app\.cjs/,
  ],
  ["folder.handler", /is not in/],
  ["index", /"index" is no handler: .+ such as --handler index\.handler/],
  ["index.", /is no handler/],
  ["", /is no handler/],
  ["../index.handler", /is no handler/],
])("the handler %j is missed in words", async (handler, message) => {
  const root = folderOf({ "index.mjs": "", "folder/file": "" });
  const opening = openCode({ root, handler });
  await expect(opening).rejects.toThrow(StartError);
  await expect(opening).rejects.toThrow(message);
});

test("a folder that is not there is missed in words, and so is a file in its place", async () => {
  const root = folderOf({ "index.mjs": "" });
  for (const missing of [join(root, "none"), join(root, "index.mjs")]) {
    const opening = openCode({ root: missing, handler: "index.handler" });
    await expect(opening).rejects.toThrow(`There is no folder ${missing}.`);
  }
});

test("the same files have the same hash, in whatever order they were made", async () => {
  const one = await hashOf({ "index.mjs": "1", "lib/a.js": "2", "lib-b.js": "3" });
  const other = await hashOf({ "lib-b.js": "3", "lib/a.js": "2", "index.mjs": "1" });
  expect(one).toMatch(/^[0-9a-f]{64}$/);
  expect(other).toBe(one);
});

test.each([
  ["another content", { "index.mjs": "1", "a.js": "3" }],
  ["another name", { "index.mjs": "1", "b.js": "2" }],
  ["another folder", { "index.mjs": "1", "lib/a.js": "2" }],
  ["one more file", { "index.mjs": "1", "a.js": "2", "b.js": "" }],
  ["one file less", { "index.mjs": "1" }],
  ["contents that only look alike end to end", { "index.mjs": "1a.js", "a.js": "2" }],
])("%s gives another hash", async (_, files) => {
  expect(await hashOf(files)).not.toBe(await hashOf({ "index.mjs": "1", "a.js": "2" }));
});

test("a link counts by where it points to", async () => {
  const root = folderOf({ "index.mjs": "1", "a.js": "2" });
  const before = await openCode({ root, handler: "index.handler" });
  symlinkSync("a.js", join(root, "link.js"));
  const after = await openCode({ root, handler: "index.handler" });
  expect(after.codeSha256).not.toBe(before.codeSha256);
});
