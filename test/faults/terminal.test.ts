import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { descendantsOf, isAlive, ROOT, start, temporaryFolder } from "../processes.ts";
import { openScreen, recordIn } from "../screen/open-screen.ts";
import { KEYS } from "../screen/terminal.ts";
import { waitUntil } from "../wait-until.ts";
import { onlyObservations, recordsIn, wholeLines } from "./recorded-run.ts";
import { TERMINAL_EMULATOR } from "./terminal-emulator.ts";

/** What a program whose words nobody sees writes down: what it crashed with, and how it ended. */
function witness(): { preload: string; saw: () => string } {
  const [preload, endings] = ["witness.mjs", "endings"].map((name) =>
    join(temporaryFolder(), name),
  ) as [string, string];
  writeFileSync(
    preload,
    `import { appendFileSync } from "node:fs";
     const write = (text) => appendFileSync(${JSON.stringify(endings)}, text + "\\n");
     process.on("uncaughtExceptionMonitor", ({ stack }) => write(stack));
     process.on("exit", (code) => write("exit " + code));`,
  );
  return { preload, saw: () => readFileSync(endings, "utf8") };
}

test.each([
  ["the experiment", "experiment/command/run-experiment.ts", [], 130],
  ["the screen", "tui/start-screen.ts", ["--target", "local"], 0],
] as const)("%s ends in order when its terminal is gone", async (_, program, args, code) => {
  const [data, temporary] = [temporaryFolder(), temporaryFolder()];
  const { preload, saw } = witness();
  const terminal = start(
    TERMINAL_EMULATOR,
    [process.execPath, "--import", preload, join(ROOT, program), ...args],
    { LAMBDA_CONCURRENCY_TEST_DATA: data, TMPDIR: temporary },
  );
  const record = () => wholeLines(recordsIn(data)[0]);
  await waitUntil("the shot", () => record().length > 0);
  const pid = Number(/^pid (\d+)/.exec(terminal.stdout())?.[1]);
  const processes = [pid, ...descendantsOf(pid)];
  expect(processes.length).toBeGreaterThan(2);
  terminal.child.kill("SIGKILL");
  await waitUntil("every process to end", () => !processes.some(isAlive));
  expect(saw()).toBe(`exit ${code}\n`);
  expect(readdirSync(temporary)).toEqual([]);
  expect(onlyObservations(record()).map(({ outcome }) => outcome)).toEqual(
    Array(5).fill("aborted"),
  );
  expect(record().at(-1)).toMatchObject({ type: "verdict", run: null });
});

test.each(["SIGTERM", "SIGHUP", "SIGINT"] as const)(
  "%s leaves while firing, with the terminal restored and no process left",
  async (signal) => {
    const { terminal, data } = await openScreen();
    terminal.press(KEYS.enter);
    await terminal.shows(/in flight/);
    const processes = descendantsOf(terminal.pid);
    terminal.signal(signal);
    expect(await terminal.exited).toBe(0);
    await waitUntil("the usual screen", () => !terminal.isAlternate);
    await terminal.shows(/^INCONCLUSIVE {2}No request was answered: 5 aborted[\s\S]*^Record: /m);
    expect(processes.filter(isAlive)).toEqual([]);
    expect(recordIn(data).at(-1)).toMatchObject({ run: null, outcomes: { aborted: 5 } });
  },
);

test.each([
  ["inside rendering", "Number.prototype.toFixed = () => { throw new Error('nothing works') };"],
  ["anywhere else", "setTimeout(() => { throw new Error('nothing works') });"],
])("a crash %s leaves a usable terminal and says that it is a bug", async (_, crash) => {
  const preload = join(temporaryFolder(), "crash.mjs");
  writeFileSync(preload, `process.on("SIGUSR2", () => { ${crash} });`);
  const { terminal, data } = await openScreen({ nodeArgs: ["--import", preload] });
  terminal.press(KEYS.enter);
  await terminal.shows(/in flight/);
  const processes = descendantsOf(terminal.pid);
  terminal.signal("SIGUSR2");
  expect(await terminal.exited).toBe(1);
  const text = await terminal.shows(/error: nothing works\.\nThis is a bug\./);
  expect(text).not.toMatch(/^ +at /m);
  expect(terminal.isAlternate).toBe(false);
  // The cursor, which Ink hides, is seen again.
  expect(terminal.written.lastIndexOf("?25h")).toBeGreaterThan(
    terminal.written.lastIndexOf("?25l"),
  );
  expect(processes.filter(isAlive)).toEqual([]);
  expect(recordIn(data).at(-1)).toMatchObject({ run: null, outcomes: { aborted: 5 } });
});
