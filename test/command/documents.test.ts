/** Every command on the pages of `docs/` does what it says, as far as this machine can run it. */

import { readdirSync, readFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { expect, test } from "vitest";
import { answerPlainly, startServer } from "../http-server.ts";
import { ROOT, run, temporaryFolder } from "../processes.ts";

const FOLDER = join(ROOT, "docs");
/** Verdicts are no failures of a command. */
const EXPECTED = [0, 3];

/** What stands in the pages as blocks of commands. */
function commandsIn(page: string): string[] {
  const text = readFileSync(join(FOLDER, page), "utf8");
  const blocks = text.matchAll(/^```\n(.*?)^```$/gms);
  return Array.from(blocks, ([, block = ""]) => block.split("\n"))
    .flat()
    .filter((line) => line.startsWith("npm "));
}

const pages = readdirSync(FOLDER).filter((name) => name.endsWith(".md"));
const commands = [...new Set(pages.flatMap(commandsIn))];
/** Those at a stack are run where there is one, with the tests of the deployment; the bench takes long. */
const here = commands.filter((command) => !/--target stack|local-lambda|bench/.test(command));

test("the pages have commands to run", () => {
  expect(here.length).toBeGreaterThan(10);
});

test.each(here)("%s", async (command) => {
  const { url } = await startServer(answerPlainly);
  const words = command.replace("http://127.0.0.1:9000/", url.href).split(" ");
  const { ended, stdout, stderr } = run(words, {
    PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
    LAMBDA_CONCURRENCY_TEST_DATA: temporaryFolder(),
  });
  expect(EXPECTED, `${stdout()}${stderr()}`).toContain(await ended);
  expect(stdout()).toMatch(/ISOLATED|SHARED|INCONCLUSIVE|"verdict"/);
});
