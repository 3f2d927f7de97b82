/** Terminals that go, stop or lack something, and how the screen leaves them: usable, and with a record. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { drawn } from "../effort.ts";
import {
  commandOf,
  descendantsOf,
  firstBelow,
  isAlive,
  run,
  start,
  temporaryFile,
  temporaryFolder,
  untilEnded,
} from "../processes.ts";
import { isConcluded, outcomesOf, recordIn, SHORT, startExperiment } from "../programs.ts";
import { editPlan, openFromShell, openScreen, startTerminal } from "../screen/open-screen.ts";
import { KEYS, type Terminal } from "../screen/terminal.ts";
import { waitUntil } from "../wait-until.ts";

const ABORTED = Array(5).fill("aborted");

/** Code to preload that writes down what nobody sees: what a program crashed with, and how it ended. */
function witness(): { preload: string; saw: () => string } {
  const endings = join(temporaryFolder(), "endings");
  const preload = temporaryFile(
    "witness.mjs",
    `import { appendFileSync } from "node:fs";
     const write = (text) => appendFileSync(${JSON.stringify(endings)}, text + "\\n");
     process.on("uncaughtExceptionMonitor", ({ stack }) => write(stack));
     process.on("exit", (code) => write("exit " + code));`,
  );
  return { preload, saw: () => (existsSync(endings) ? readFileSync(endings, "utf8") : "") };
}

test.each([
  ["experiment", [], 130],
  ["tui", ["--target", "local"], 0],
] as const)("%s ends in order when its terminal is gone", async (program, args, code) => {
  const [data, temporary] = [temporaryFolder(), temporaryFolder()];
  const { preload, saw } = witness();
  const emulator = new URL("../screen/terminal-emulator.ts", import.meta.url);
  const command = commandOf(program, args, ["--import", preload]);
  const env = { LAMBDA_CONCURRENCY_TEST_DATA: data, TMPDIR: temporary };
  const terminal = run([process.execPath, fileURLToPath(emulator), ...command], env);
  await waitUntil("the shot", () => recordIn(data).length > 0);
  const pid = Number(/^pid (\d+)/.exec(terminal.stdout())?.[1]);
  const processes = [pid, ...descendantsOf(pid)];
  expect(processes.length).toBeGreaterThan(2);
  terminal.child.kill("SIGKILL");
  await untilEnded(processes);
  expect(saw()).toBe(`exit ${code}\n`);
  expect(readdirSync(temporary)).toEqual([]);
  expect(outcomesOf(recordIn(data))).toEqual(ABORTED);
  expect(isConcluded(recordIn(data))).toBe(true);
});

const LEAVING: [string, (terminal: Terminal) => void][] = [
  ["q", (terminal) => terminal.press("q")],
  ["Ctrl-C", (terminal) => terminal.press(KEYS.ctrl("c"))],
  ["SIGTERM", (terminal) => terminal.signal("SIGTERM")],
  ["SIGHUP", (terminal) => terminal.signal("SIGHUP")],
  ["SIGINT", (terminal) => terminal.signal("SIGINT")],
];

test.each(drawn(LEAVING, 2))(
  "%s leaves while firing, with the terminal restored and no process left",
  async (_, leave) => {
    const { terminal, data } = await openScreen();
    await terminal.pressFor(KEYS.enter, /in flight/);
    const processes = descendantsOf(terminal.pid);
    leave(terminal);
    expect(await terminal.exited).toBe(0);
    await waitUntil("the usual screen", () => !terminal.isAlternate);
    await terminal.shows(/^INCONCLUSIVE[\s\S]*^Record: /m);
    expect(processes.filter(isAlive)).toEqual([]);
    expect(recordIn(data).at(-1)).toMatchObject({ run: null, outcomes: { aborted: 5 } });
  },
);

test.each([
  ["inside rendering", "Number.prototype.toFixed = () => { throw new Error('nothing works') };"],
  ["anywhere else", "setTimeout(() => { throw new Error('nothing works') });"],
])("a crash %s leaves a usable terminal and says that it is a bug", async (_, crash) => {
  const preload = temporaryFile("crash.mjs", `process.on("SIGUSR2", () => { ${crash} });`);
  const { terminal, data } = await openScreen({ nodeArgs: ["--import", preload] });
  await terminal.pressFor(KEYS.enter, /in flight/);
  const processes = descendantsOf(terminal.pid);
  terminal.signal("SIGUSR2");
  expect(await terminal.exited).toBe(1);
  const text = await terminal.shows(/error: nothing works\.\nThis is a bug\./);
  expect(text).not.toMatch(/^ +at /m);
  expect(terminal.isAlternate).toBe(false);
  // The cursor, which Ink hides, is seen again.
  const [shown, hidden] = ["?25h", "?25l"].map((code) => terminal.written.lastIndexOf(code));
  expect(shown).toBeGreaterThan(hidden ?? 0);
  expect(processes.filter(isAlive)).toEqual([]);
  expect(recordIn(data).at(-1)).toMatchObject({ run: null, outcomes: { aborted: 5 } });
});

const STOPPING: [string, (terminal: Terminal) => void][] = [
  ["Ctrl-Z", (terminal) => terminal.press(KEYS.ctrl("z"))],
  ["SIGTSTP", (terminal) => process.kill(firstBelow(terminal.pid), "SIGTSTP")],
  ["SIGSTOP", (terminal) => process.kill(firstBelow(terminal.pid), "SIGSTOP")],
];

test.each(drawn(STOPPING, 1))(
  "a screen that %s stopped has the terminal again after fg",
  async (how, stop) => {
    const { terminal, data } = await openFromShell();
    await terminal.pressFor(KEYS.enter, /in flight/);
    stop(terminal);
    await terminal.shows(/Stopped[\s\S]*prompt>/);
    // The shell cannot undo what a program has done to the terminal that could not know of its stop.
    expect(terminal.isAlternate).toBe(how === "SIGSTOP");
    await terminal.pressFor(
      `fg${KEYS.enter}`,
      /^ Lambda Concurrency Test[\s\S]*run 2 of 2 · warm · 5 of 5[\s\S]*⏎ fire/,
    );
    expect(terminal.isAlternate).toBe(true);
    await editPlan(terminal);
    expect(await terminal.pressFor(", Zoe", /John, Zoe/)).not.toMatch(/prompt>|Stopped/);
    await terminal.pressFor(KEYS.ctrl("c"), /ISOLATED[\s\S]*prompt>\s*$/);
    expect(recordIn(data).at(-1)).toMatchObject({ run: null, outcomes: { ok: 10 } });
    terminal.press(`exit${KEYS.enter}`);
    await terminal.exited;
  },
);

/** Keeps what the screen loads lazily from being loaded, and says so where it would be. */
function neverLoaded(): string {
  const [entry = ""] = commandOf("tui", []).slice(-1);
  const [, lazy = ""] = /import\("\.(\/.+?)"\)/.exec(readFileSync(entry, "utf8")) ?? [];
  expect(lazy).not.toBe("");
  return `import { registerHooks } from "node:module";
    const source = "console.log('loading'); await new Promise((r) => setTimeout(r, 600_000));";
    registerHooks({
      load: (url, context, next) =>
        url.endsWith(${JSON.stringify(lazy)})
          ? { format: "module", shortCircuit: true, source }
          : next(url, context),
    });`;
}

test.each([
  ["SIGHUP", 129],
  ["SIGTERM", 143],
  ["SIGINT", 130],
] as const)("%s while the screen is loaded gives the terminal back", async (signal, code) => {
  const nodeArgs = ["--import", temporaryFile("never.mjs", neverLoaded())];
  const shell = ["sh", "-c", '"$@"; code=$?; stty -a; exit $code', "sh"];
  const terminal = startTerminal([...shell, ...commandOf("tui", [], nodeArgs)]);
  await terminal.shows(/^loading/m);
  process.kill(firstBelow(terminal.pid), signal);
  expect(await terminal.exited).toBe(code);
  const settings = await terminal.shows(/\becho\b/);
  expect(settings).toMatch(/ icanon /);
  expect(settings).not.toMatch(/ -(icanon|echo|isig) /);
});

test("a paste that never ends is taken for what has come, and Ctrl-C does not wait for that", async () => {
  const { terminal } = await openScreen();
  await editPlan(terminal);
  await terminal.pressFor("\u001b[200~, Zoe", /John, Zoe/);
  await terminal.pressFor(", Max", /John, Zoe, Max/);
  await terminal.pressFor(KEYS.escape, /⏎ fire/);
  await editPlan(terminal);
  // There q is a letter.
  terminal.press(`q\u001b[200~never ends${KEYS.ctrl("c")}`);
  expect(await terminal.exited).toBe(0);
});

const WAYS_OUT = ["after Esc by q, which ends it in time", "by Ctrl-C, which does not wait for it"];

test.each(drawn(WAYS_OUT, 1))(
  "an embedded Lambda that hangs keeps nobody from leaving %s, and nothing of it is left",
  async (how) => {
    const temporary = temporaryFolder();
    const env = { TMPDIR: temporary };
    const { terminal, data } = await openScreen({ columns: 120, args: SHORT, env });
    await terminal.pressFor(KEYS.enter, /run 1 of 1 · cold · 5 of 5[\s\S]*c cold start/);
    const processes = descendantsOf(terminal.pid);
    process.kill(firstBelow(terminal.pid), "SIGSTOP");
    if (how.startsWith("after Esc")) {
      await terminal.pressFor("c", /Esc stop/);
      await terminal.pressFor(KEYS.escape, /c cold start/);
    }
    await terminal.pressFor("q", /Waiting for the target to end …/);
    if (how.startsWith("by Ctrl-C")) terminal.press(KEYS.ctrl("c"));
    const code = await terminal.exited;
    if (how.startsWith("after Esc")) expect(code).toBe(0);
    await untilEnded(processes);
    await waitUntil("the folder to be empty", () => readdirSync(temporary).length === 0);
    expect(recordIn(data).at(-1)).toMatchObject({ run: null, outcomes: { ok: 5 } });
  },
);

test("an embedded Lambda that ends during a run is said to have ended, and to be started anew by firing again", async () => {
  const running = startExperiment([]);
  await waitUntil("the shot", () => running.record().length > 0);
  process.kill(firstBelow(running.pid), "SIGKILL");
  const { terminal, data } = await openScreen();
  await terminal.pressFor(KEYS.enter, /in flight/);
  process.kill(firstBelow(terminal.pid), "SIGKILL");
  expect(await running.ended).toBe(1);
  const said = "The embedded Lambda has ended.\nFire again: it is started anew.\n";
  expect(running.stderr()).toBe(`error: ${said}`);
  await terminal.shows(/FAILED +The embedded Lambda has ended\.\s+Fire again/);
  for (const lines of [running.record(), recordIn(data)]) {
    expect(lines.at(-1)).toMatchObject({ run: null, outcomes: { failed: 5 } });
  }
  await terminal.pressFor(KEYS.enter, /in flight/);
});

test("without a terminal the screen names the command that needs none", async () => {
  const screen = start("tui", []);
  expect(await screen.ended).toBe(2);
  expect(screen.stderr()).toMatch(/^The screen needs a terminal\. .*\n +npm run experiment\n$/);
});

test.each([
  ["TERM=dumb", "TERM=dumb is none"],
  ["-uTERM", "TERM is not set"],
])("in a terminal without places, %s, it does so too", async (change, why) => {
  const terminal = startTerminal(["env", change, ...commandOf("tui", [])]);
  expect(await terminal.exited).toBe(2);
  await terminal.shows(new RegExp(`${why}[\\s\\S]*npm run experiment`));
  // No escape, and no mode of the terminal that was changed.
  expect(terminal.written).not.toContain("\u001b");
});
