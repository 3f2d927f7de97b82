import { expect, onTestFinished, test } from "vitest";
import { answerAlone } from "../faults/own-process-each.ts";
import { startServer } from "../http-server.ts";
import { temporaryFolder } from "../processes.ts";
import { Terminal } from "../screen/terminal.ts";

/** What each line of progress begins with: it takes away what stands there. */
const CLEAR_LINE = "\r\u001b[K";

test.each([
  [24, "Run 1 of 1: opening con"],
  [80, "Run 1 of 1: opening connections …"],
])("in a terminal of %d columns the progress takes one line", async (columns, opening) => {
  const { url } = await startServer(answerAlone);
  const args = ["--target", url.href, "--runs", "1", "--hold", "100ms"];
  const terminal = new Terminal(
    process.execPath,
    ["experiment/command/run-experiment.ts", ...args],
    {
      columns,
      env: { LAMBDA_CONCURRENCY_TEST_DATA: temporaryFolder() },
    },
  );
  onTestFinished(() => terminal.dispose());
  await terminal.exited;
  const lines = terminal.written.split(CLEAR_LINE);
  expect(lines).toContain(opening);
  for (const line of lines.filter((each) => /^Run 1 of 1: /.test(each))) {
    expect(line.length).toBeLessThan(columns);
  }
});
