/** The README and the pages of `docs/`: their commands do what they say, and their links lead somewhere. */

import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { drawn } from "../effort.ts";
import { answerPlainly, startServer } from "../http-server.ts";
import { ROOT, temporaryFolder } from "../processes.ts";

const PAGES = ["README.md", ...readdirSync(join(ROOT, "docs")).map((name) => `docs/${name}`)]
  .filter((path) => path.endsWith(".md"))
  .map((path) => ({ path, text: readFileSync(join(ROOT, path), "utf8") }));

const commands = PAGES.flatMap(({ text }) => [...text.matchAll(/^```\n(.*?)^```$/gms)])
  .flatMap(([, block = ""]) => block.split("\n"))
  .filter((line) => /^npm run (-s )?(experiment|report)\b/.test(line));
/** What is fired at a stack is run where there is one, with the tests of the deployment. */
const here = [
  ...new Set(commands.filter((command) => !/--target stack|FILE|FOLDER/.test(command))),
];

test("every command of the pages reaches a verdict", async ({ signal }) => {
  const { url } = await startServer(answerPlainly);
  const env = {
    ...process.env,
    PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
    LAMBDA_CONCURRENCY_TEST_DATA: temporaryFolder(),
  };
  const waiting = drawn(here, 9).values();
  const reached: string[] = [];
  const failed: unknown[] = [];
  const runNext = async () => {
    for (const command of waiting) {
      const [program = "", ...args] = command
        .replace("http://127.0.0.1:9000/", url.href)
        .replace("TIME", new Date(Date.now() + 5_000).toISOString())
        .split(" ");
      const running = promisify(execFile)(program, args, { cwd: ROOT, env, signal });
      // An inconclusive verdict, which has the exit code 3, is no failure of the command.
      const { code, stdout } = await running.then(
        (ended) => ({ code: 0, ...ended }),
        (error) => error,
      );
      const isVerdict = /ISOLATED|SHARED|INCONCLUSIVE|"verdict"/.test(stdout);
      if (isVerdict && [0, 3].includes(code)) reached.push(command);
      else failed.push({ command, code, stdout });
    }
  };
  // They wait most of the time, so several may run at once.
  await Promise.all([runNext(), runNext(), runNext()]);
  expect(failed).toEqual([]);
  expect(reached.length).toBeGreaterThanOrEqual(9);
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
