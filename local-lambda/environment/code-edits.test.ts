import { mkdirSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { codeOf, pollingIn, untilPolling } from "../../test/embedded-lambda.ts";
import { waitUntil } from "../../test/wait-until.ts";
import { defaultConfiguration, MODELS, type Model } from "../function-configuration.ts";
import { LocalLambda } from "../local-lambda.ts";

/** A handler that says which version it is, of how many files, and waits for as long as it is asked to. */
const version = (name: string) => `
  import { other } from "./other.mjs";
  export const handler = async ({ rawPath }) => {
    await new Promise((resolve) => setTimeout(resolve, Number(rawPath.slice(1))));
    return "${name}" + other;
  };`;

async function startEdited(model: Model) {
  const code = codeOf(version("1"));
  const edit = (name: string, source: string) => writeFileSync(join(code.root, name), source);
  edit("other.mjs", "export const other = 'a';");
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
  "with %s an edit is what serves the very next request, good or bad, and new environments alone",
  async (model) => {
    const { lambda, edit, edits, ask } = await startEdited(model);
    expect(await ask()).toBe("200 1a");
    const [before, codeSha256] = [lambda.pool.registry.ids, lambda.codeSha256];
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
    expect(lambda.pool.registry.ids.filter((id) => before.includes(id))).toEqual([]);
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
  "with %s a request for which an environment was starting meets the new code alone",
  async (model) => {
    const { edit, ask, lambda } = await startEdited(model);
    edit("other.mjs", "await new Promise((resolve) => setTimeout(resolve, 1e6));");
    const first = ask();
    await waitUntil("its environment to start", () => lambda.pool.registry.ids.length === 1);
    edit("other.mjs", "export const other = 'b';");
    expect(await Promise.all([first, ask()])).toEqual(["200 1b", "200 1b"]);
  },
);

test("what is only written again, or is an editor's, leaves the environments warm", async () => {
  const { lambda, root, edit, edits, ask } = await startEdited("on-demand");
  await ask();
  const before = lambda.pool.registry.ids;
  edit("index.mjs", version("1"));
  utimesSync(join(root, "other.mjs"), new Date(), new Date());
  edit(".index.mjs.swp", "x");
  mkdirSync(join(root, "empty"));
  expect(await ask()).toBe("200 1a");
  expect(edits).toEqual([]);
  expect(lambda.pool.registry.ids).toEqual(before);
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
  const before = lambda.pool.registry.ids;
  renameSync(root, `${root}-away`);
  onTestFinished(() => rmSync(`${root}-away`, { recursive: true, force: true }));
  expect(await ask()).toBe(
    `502 Internal Server Error (Sandbox.Failure: The folder of the code is gone: ${root}. ` +
      "Put it back, or name another: --code.)",
  );
  renameSync(`${root}-away`, root);
  expect(await ask()).toBe("200 1a");
  expect(edits).toEqual([]);
  expect(lambda.pool.registry.ids).toEqual(before);
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
