import { mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { MODELS, type Model } from "../../basics/models.ts";
import { codeFor, codeIn, pollingIn, untilPolling } from "../../test/embedded-lambda.ts";
import { waitUntil } from "../../test/wait-until.ts";
import { defaultConfiguration } from "../function-configuration.ts";
import { LocalLambda } from "../local-lambda.ts";
import { openCode } from "./code.ts";

async function hashOf(files: Record<string, string>): Promise<string> {
  return (await openCode(codeIn(files))).codeSha256;
}

test.each([
  ["index.handler", "index.mjs"],
  ["index.handler", "index.js"],
  ["index.handler", "index.cjs"],
  ["index.a.b", "index.mjs"],
  ["src/app.handler", "src/app.js"],
  ["packaged.handler", "node_modules/packaged/index.js"],
])("the handler %s is found in %s", async (handler, file) => {
  const code = codeIn({ [file]: "" }, handler);
  expect(await openCode(code)).toMatchObject({ root: code.root });
});

test("a folder given from here is known by its whole path", async () => {
  const { root, handler } = codeIn({ "index.mjs": "" });
  expect((await openCode({ root: relative(process.cwd(), root), handler })).root).toBe(root);
});

test.each([
  ["app.handler", "no handler file"],
  ["folder.handler", "no handler file"],
  ["index", "no handler name"],
  ["index.", "no handler name"],
  ["", "no handler name"],
  ["../index.handler", "no handler name"],
])("the handler %j is missed: %s", async (handler, kind) => {
  const opening = openCode(codeIn({ "index.mjs": "", "folder/file": "" }, handler));
  await expect(opening).rejects.toMatchObject({ name: "StartError", kind, facts: { handler } });
});

test.each(["index.js", "folder", "../server.js", "", "server.handler"])(
  "the server's file %j is missed",
  async (file) => {
    const code = codeIn({ "server.js": "", "folder/file": "" }, file);
    const missed = { kind: "no server file", facts: { file, folder: code.root } };
    await expect(openCode(code, "web-function")).rejects.toMatchObject(missed);
  },
);

test("a folder that is not there is missed, and so is a file in its place", async () => {
  const { root, handler } = codeIn({ "index.mjs": "" });
  for (const [name, isFile] of [
    ["none", false],
    ["index.mjs", true],
  ] as const) {
    const folder = join(root, name);
    const missed = { kind: "no folder", facts: { folder, isFile } };
    await expect(openCode({ root: folder, handler })).rejects.toMatchObject(missed);
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
  const code = codeIn({ "index.mjs": "1", "a.js": "2" });
  const before = await openCode(code);
  symlinkSync("a.js", join(code.root, "link.js"));
  const after = await openCode(code);
  expect(after.codeSha256).not.toBe(before.codeSha256);
});

/** A handler that says which version it is, of how many files, and waits for as long as it is asked to. */
const version = (name: string) => `
  import { other } from "./other.mjs";
  export const handler = async ({ rawPath }) => {
    await new Promise((resolve) => setTimeout(resolve, Number(rawPath.slice(1))));
    return "${name}" + other;
  };`;

async function startEdited(model: Model) {
  const code = codeFor(model, version("1"));
  writeFileSync(join(code.root, "other.mjs"), "export const other = 'a';");
  const edit = (name: string, source: string) => writeFileSync(join(code.root, name), source);
  const edits: (readonly string[])[] = [];
  const configuration = { ...defaultConfiguration(model), model, environments: 2, code };
  const lambda = await LocalLambda.start(configuration, 0, {
    onEdit: (changed) => void edits.push(changed),
  });
  onTestFinished(() => lambda.close());
  const ask = async (path = "0") => {
    const response = await fetch(new URL(path, lambda.url));
    return `${response.status} ${await response.text()}`;
  };
  return { lambda, root: code.root, edit, edits, ask };
}

test.each(MODELS)(
  "an edit with %s serves the very next request, good or bad, in new environments alone",
  async (model) => {
    const { lambda, edit, edits, ask } = await startEdited(model);
    expect(await ask()).toBe("200 1a");
    const [before, codeSha256] = [lambda.pool.ids, lambda.codeSha256];
    edit("index.mjs", "export const handler = (;");
    expect(await ask()).toMatch(/^502 .*SyntaxError/);
    edit("index.mjs", version("2"));
    edit("other.mjs", "export const other = 'b';");
    const answers = await Promise.all(Array.from({ length: 5 }, () => ask("50")));
    expect(new Set(answers)).toEqual(new Set(["200 2b"]));
    expect(edits.map((changed) => changed.toSorted())).toEqual([
      ["index.mjs"],
      ["index.mjs", "other.mjs"],
    ]);
    expect(lambda.codeSha256).not.toBe(codeSha256);
    expect(lambda.pool.ids.filter((id) => before.includes(id))).toEqual([]);
  },
);

test("what is being served by the old code is finished by it", async () => {
  const { edit, ask, lambda } = await startEdited("on-demand");
  await ask();
  await untilPolling(lambda, 1);
  const busy = ask("500");
  await waitUntil("the request to be inside", () => pollingIn(lambda) === 0);
  edit("index.mjs", version("2"));
  expect(await ask()).toBe("200 2a");
  expect(await busy).toBe("200 1a");
});

test.each(["on-demand", "web-function"] as const)(
  "a request with %s for which an environment was starting meets the new code alone",
  async (model) => {
    const { edit, ask, lambda } = await startEdited(model);
    edit("other.mjs", "await new Promise((resolve) => setTimeout(resolve, 1e6));");
    const first = ask();
    await waitUntil("its environment to start", () => lambda.pool.ids.length === 1);
    edit("other.mjs", "export const other = 'b';");
    expect(await Promise.all([first, ask()])).toEqual(["200 1b", "200 1b"]);
  },
);

test("what is only written again, or is an editor's, leaves the environments warm", async () => {
  const { lambda, root, edit, edits, ask } = await startEdited("on-demand");
  await ask();
  const before = lambda.pool.ids;
  edit("index.mjs", version("1"));
  utimesSync(join(root, "other.mjs"), new Date(), new Date());
  edit(".index.mjs.swp", "x");
  mkdirSync(join(root, "empty"));
  expect(await ask()).toBe("200 1a");
  expect(edits).toEqual([]);
  expect(lambda.pool.ids).toEqual(before);
});

test("an edit of a package is noticed as well", async () => {
  const { root, edit, edits, ask } = await startEdited("on-demand");
  mkdirSync(join(root, "node_modules/other"), { recursive: true });
  edit("node_modules/other/index.mjs", "export const other = 'p';");
  edit("node_modules/other/package.json", JSON.stringify({ exports: "./index.mjs" }));
  edit("index.mjs", version("1").replace("./other.mjs", "other"));
  expect(await ask()).toBe("200 1p");
  edit("node_modules/other/index.mjs", "export const other = 'q';");
  await waitUntil("the edit to be served", async () => (await ask()) === "200 1q");
  expect(edits.at(-1)).toEqual(["node_modules/other/index.mjs"]);
});

test("a folder that is gone is said, and one that is back serves as before", async () => {
  const { lambda, root, edits, ask } = await startEdited("on-demand");
  await ask();
  const before = lambda.pool.ids;
  renameSync(root, `${root}-away`);
  onTestFinished(() => rmSync(`${root}-away`, { recursive: true, force: true }));
  expect(await ask()).toBe(
    `502 Internal Server Error (Sandbox.Failure: The folder of the code is gone: ${root}. ` +
      "Put it back, or name another: --code.)",
  );
  renameSync(`${root}-away`, root);
  expect(await ask()).toBe("200 1a");
  expect(edits).toEqual([]);
  expect(lambda.pool.ids).toEqual(before);
});

test("code that is being written is waited for", async () => {
  const { edit, edits, ask } = await startEdited("on-demand");
  await ask();
  edit("index.mjs", "");
  const asked = ask();
  setTimeout(() => edit("index.mjs", version("2")), 50);
  expect(await asked).toBe("200 2a");
  expect(edits).toHaveLength(1);
});
