/** Programs as people start them: by npm, which may end before them. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import {
  descendantsOf,
  firstBelow,
  isAlive,
  killAfterwards,
  ROOT,
  run,
  temporaryFolder,
  untilBelow,
  untilEnded,
} from "../processes.ts";
import { isConcluded, recordIn } from "../programs.ts";
import { openShell } from "../screen/open-screen.ts";
import { KEYS, type Terminal } from "../screen/terminal.ts";
import { waitUntil } from "../wait-until.ts";

const SIGNALS = ["SIGTERM", "SIGINT", "SIGHUP", "SIGKILL"] as const;
const PLAN = ["--clients", "Ana,Barbara", "--runs", "1"];
/** Nothing of it ends by itself while a test waits. */
const LONG = [...PLAN, "--hold", "1m"];

/** Starts `npm run` with these words, and ends with the test what npm has left. */
function npmRun(words: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const running = run(["npm", "run", "-s", ...words], env);
  const { pid } = running;
  const known = new Set<number>();
  /** All that ever ran below npm, as far as it was looked. */
  const processes = () => {
    for (const below of descendantsOf(pid)) known.add(below);
    return [...known];
  };
  killAfterwards(processes);
  return { ...running, processes };
}

/** Starts the embedded Lambda by npm, ends npm, and looks for what is left. */
async function endEmbedded(signal: NodeJS.Signals): Promise<void> {
  const { child, stdout, stderr, processes } = npmRun(["local-lambda", "--", "--quiet"]);
  const url = await waitUntil("the URL", () => /http:\S+/.exec(stdout())?.[0]);
  await fetch(url, { method: "POST", body: '{"client":"Ana","holdMs":100}' });
  expect(processes().length).toBeGreaterThan(2);
  child.kill(signal);
  await waitUntil(`every process to end by ${signal}`, () => !processes().some(isAlive));
  expect(stderr()).toBe("");
}

/** Starts an experiment by npm, ends npm after the shot, and looks at the record. */
async function endExperiment(signal: NodeJS.Signals): Promise<void> {
  const data = temporaryFolder();
  const env = { LAMBDA_CONCURRENCY_TEST_DATA: data };
  const { child, stdout, processes } = npmRun(["experiment", "--", ...LONG], env);
  await waitUntil("the shot", () => recordIn(data).length > 0);
  expect(processes().length).toBeGreaterThan(2);
  child.kill(signal);
  await waitUntil(`every process to end by ${signal}`, () => !processes().some(isAlive));
  expect(recordIn(data).at(-1)).toMatchObject({ run: null, outcomes: { aborted: 2 } });
  await waitUntil("the record's path", () => /2 aborted[\s\S]*^Record: /m.test(stdout()));
}

test("a signal to npm, and its end by any other, end what it has started in order", async () => {
  await Promise.all([
    ...SIGNALS.map(endExperiment),
    ...(["SIGINT", "SIGKILL"] as const).map(endEmbedded),
  ]);
});

/** A shell in a terminal, in which something was started by npm. */
async function npmInShell(
  words: string,
): Promise<{ terminal: Terminal; data: string; npm: number }> {
  const { terminal, data } = await openShell();
  terminal.press(`npm run -s ${words}${KEYS.enter}`);
  await untilBelow(terminal.pid, 1);
  return { terminal, data, npm: firstBelow(terminal.pid) };
}

test("whatever ends npm, the shell has a usable terminal after the screen", async () => {
  await Promise.all(
    (["SIGTERM", "SIGKILL"] as const).map(async (signal) => {
      const { terminal, data, npm } = await npmInShell(`tui -- --target local ${LONG.join(" ")}`);
      await terminal.shows(/⏎ fire/);
      await terminal.pressFor(KEYS.enter, /in flight/);
      const processes = descendantsOf(terminal.pid);
      process.kill(npm, signal);
      await untilEnded(processes);
      await waitUntil("the usual screen", () => !terminal.isAlternate);
      expect(recordIn(data).at(-1)).toMatchObject({ run: null, outcomes: { aborted: 2 } });
      terminal.press(`stty -a; echo us''able${KEYS.enter}`);
      const text = await terminal.shows(/^usable$/m);
      expect(text).toMatch(/ icanon /);
      expect(text).not.toMatch(/ -(icanon|isig|icrnl|opost) /);
    }),
  );
});

test("Ctrl-C at what npm has started, which hears it twice, ends in order before the prompt comes", async () => {
  const { terminal, data } = await npmInShell(`experiment -- ${LONG.join(" ")}`);
  await terminal.shows(/0 of 2 answered/);
  await terminal.pressFor(KEYS.ctrl("c"), /2 aborted[\s\S]*^Record: [\s\S]*^prompt>\s*$/m);
  expect(recordIn(data).at(-1)).toMatchObject({ run: null, outcomes: { aborted: 2 } });
});

test("what npm runs in the background, under nohup or not, outlives the shell that started it", async () => {
  await Promise.all(
    ["", "nohup "].map(async (nohup) => {
      const data = temporaryFolder();
      // It ends by itself, long after the shell.
      const words = ["experiment", "--", ...PLAN, "--hold", "1500ms"].join(" ");
      const command = `${nohup}npm run -s ${words} >/dev/null 2>&1 &`;
      const env = { ...process.env, LAMBDA_CONCURRENCY_TEST_DATA: data };
      const shell = spawn("sh", ["-c", command], { cwd: ROOT, env, stdio: "ignore" });
      await once(shell, "exit");
      await waitUntil("the verdict over all", () => isConcluded(recordIn(data)));
      expect(recordIn(data).at(-1)).toMatchObject({ outcomes: { ok: 2 } });
    }),
  );
});
