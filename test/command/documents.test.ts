/** The README and the pages of `docs/`: their commands do what they say, and their links lead somewhere. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { answerPlainly, startServer } from "../http-server.ts";
import { collect, ROOT, temporaryFolder } from "../processes.ts";

const PAGES = ["README.md", ...readdirSync(join(ROOT, "docs")).map((name) => `docs/${name}`)]
  .filter((path) => path.endsWith(".md"))
  .map((path) => ({ path, text: readFileSync(join(ROOT, path), "utf8") }));

/** Verdicts are no failures of a command. */
const EXPECTED = [0, 3];

const commands = PAGES.flatMap(({ text }) => [...text.matchAll(/^```\n(.*?)^```$/gms)])
  .flatMap(([, block = ""]) => block.split("\n"))
  .filter((line) => /^npm run (-s )?(experiment|report)\b/.test(line));
/** What is fired at a stack is run where there is one, with the tests of the deployment. */
const here = [...new Set(commands)].filter((command) => !/--target stack|FILE/.test(command));

test("the pages have commands to run", () => {
  expect(here.length).toBeGreaterThan(10);
});

test.each(here)("%s", async (command) => {
  const { url } = await startServer(answerPlainly);
  const [program = "", ...args] = command.replace("http://127.0.0.1:9000/", url.href).split(" ");
  const child = spawn(program, args, {
    cwd: ROOT,
    env: {
      ...process.env,
      PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
      LAMBDA_CONCURRENCY_TEST_DATA: temporaryFolder(),
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
  const [code] = await once(child, "close");
  expect(EXPECTED, `${stdout()}${stderr()}`).toContain(code);
  expect(stdout()).toMatch(/ISOLATED|SHARED|INCONCLUSIVE|"verdict"/);
});

/** As GitHub names the anchor of a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\w\s-]/g, "")
    .replaceAll(" ", "-");
}

test.each(PAGES)(
  "every link of $path leads to a file, and to a heading in it",
  ({ path, text }) => {
    const links = [...text.matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)]+))?\)/g)];
    const broken = links.filter(([, file = "", anchor]) => {
      const target = file === "" ? join(ROOT, path) : join(ROOT, dirname(path), file);
      if (!existsSync(target)) return true;
      if (anchor === undefined) return false;
      const headings = readFileSync(target, "utf8").matchAll(/^#+ (.*)$/gm);
      return ![...headings].some(([, heading = ""]) => anchorOf(heading) === anchor);
    });
    expect(broken.map(([link]) => link)).toEqual([]);
  },
);
