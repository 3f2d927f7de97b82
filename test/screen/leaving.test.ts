import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { descendantsOf, isAlive, ROOT, start } from "../processes.ts";
import { waitUntil } from "../wait-until.ts";
import { openFromShell, openScreen } from "./open-screen.ts";
import { KEYS, Terminal } from "./terminal.ts";

test.each([
  ["q", (terminal: Terminal) => terminal.press("q")],
  ["Ctrl-C", (terminal: Terminal) => terminal.press(KEYS.ctrl("c"))],
])("%s leaves while firing, with the terminal restored and no process left", async (_, leave) => {
  const { terminal } = await openScreen();
  terminal.press(KEYS.enter);
  await terminal.shows(/in flight/);
  const processes = descendantsOf(terminal.pid);
  leave(terminal);
  expect(await terminal.exited).toBe(0);
  await waitUntil("the usual screen", () => !terminal.isAlternate);
  expect(processes.filter(isAlive)).toEqual([]);
});

test("Ctrl-C leaves from a field of text, where q is a letter", async () => {
  const { terminal } = await openScreen();
  terminal.press("e");
  await terminal.shows(/▸ Clients/);
  terminal.press("q");
  await terminal.shows(/Johnq/);
  terminal.press(KEYS.ctrl("c"));
  expect(await terminal.exited).toBe(0);
});

test("Ctrl-Z gives the shell its turn, and fg brings the screen back", async () => {
  const { terminal } = await openFromShell();
  terminal.press(KEYS.ctrl("z"));
  await terminal.shows(/Stopped/);
  expect(terminal.isAlternate).toBe(false);
  terminal.press(`fg${KEYS.enter}`);
  const [title] = (await terminal.shows(/⏎ fire/)).split("\n");
  expect(title).toMatch(/^ Lambda Concurrency Test/);
  terminal.press(KEYS.enter);
  await terminal.shows(/run 2 of 2 · warm · 5 of 5/);
  terminal.press("q");
  await terminal.shows(/ISOLATED[\s\S]*prompt>\s*$/);
  terminal.press(`exit${KEYS.enter}`);
  await terminal.exited;
});

test("without a terminal it names the command that needs none", async () => {
  const run = start("tui/start-screen.ts", []);
  expect(await run.ended).toBe(2);
  expect(run.stderr()).toBe(
    "The screen needs a terminal. Without one, run the same experiment with:\n  npm run experiment\n",
  );
});

test.each([
  ["dumb", "TERM=dumb is none"],
  ["", "TERM is not set"],
])(
  "in a terminal that is called %j, where no text can be placed, it does so too",
  async (name, why) => {
    const screen = [process.execPath, join(ROOT, "tui/start-screen.ts")];
    const terminal = new Terminal("env", [name ? `TERM=${name}` : "-uTERM", ...screen]);
    onTestFinished(() => terminal.dispose());
    expect(await terminal.exited).toBe(2);
    await terminal.shows(new RegExp(`${why}[\\s\\S]*npm run experiment`));
    // No escape, and no mode of the terminal that was changed.
    expect(terminal.written).not.toContain("\u001b");
  },
);
