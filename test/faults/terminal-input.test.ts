import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { descendantsOf, ROOT, temporaryFolder } from "../processes.ts";
import { openFromShell, openScreen, recordIn } from "../screen/open-screen.ts";
import { KEYS, Terminal } from "../screen/terminal.ts";

test("a paste that never ends is taken for what has come, and Ctrl-C does not wait for that", async () => {
  const { terminal } = await openScreen();
  terminal.press("e");
  await terminal.shows(/▸ Clients/);
  terminal.press("\u001b[200~, Zoe");
  await terminal.shows(/John, Zoe/);
  terminal.press(", Max");
  await terminal.shows(/John, Zoe, Max/);
  terminal.press(KEYS.escape);
  await terminal.shows(/⏎ fire/);
  terminal.press("e");
  await terminal.shows(/▸ Clients/);
  terminal.press(`\u001b[200~never ends${KEYS.ctrl("c")}`);
  expect(await terminal.exited).toBe(0);
});

test.each(["SIGTSTP", "SIGSTOP"] as const)(
  "a screen that somebody stopped by %s has the terminal again after fg",
  async (signal) => {
    const { terminal, data } = await openFromShell();
    const [screen = 0] = descendantsOf(terminal.pid);
    expect(screen).toBeGreaterThan(1);
    terminal.press(KEYS.enter);
    await terminal.shows(/in flight/);
    process.kill(screen, signal);
    await terminal.shows(/Stopped[\s\S]*prompt>/);
    // The shell cannot undo what a program has done to the terminal that could not know of its stop.
    expect(terminal.isAlternate).toBe(signal === "SIGSTOP");
    terminal.press(`fg${KEYS.enter}`);
    await terminal.shows(/^ Lambda Concurrency Test[\s\S]*run 2 of 2 · warm · 5 of 5[\s\S]*⏎ fire/);
    expect(terminal.isAlternate).toBe(true);
    terminal.press("e");
    await terminal.shows(/▸ Clients/);
    terminal.press(", Zoe");
    const text = await terminal.shows(/John, Zoe/);
    expect(text).not.toMatch(/prompt>|Stopped/);
    terminal.press(KEYS.ctrl("c"));
    await terminal.shows(/ISOLATED[\s\S]*prompt>\s*$/);
    expect(recordIn(data).at(-1)).toMatchObject({ run: null, outcomes: { ok: 10 } });
    terminal.press(`exit${KEYS.enter}`);
    await terminal.exited;
  },
);

/** Keeps the screen from being loaded, and says so where it would be. */
const NEVER_LOADED = `import { registerHooks } from "node:module";
const source = "console.log('loading'); await new Promise((r) => setTimeout(r, 600_000));";
registerHooks({
  load: (url, context, next) =>
    url.endsWith("/tui/show.ts")
      ? { format: "module", shortCircuit: true, source }
      : next(url, context),
});`;

test.each([
  ["SIGHUP", 129],
  ["SIGTERM", 143],
  ["SIGINT", 130],
] as const)("%s while the screen is loaded gives the terminal back", async (signal, code) => {
  const preload = join(temporaryFolder(), "never.mjs");
  writeFileSync(preload, NEVER_LOADED);
  const screen = [process.execPath, "--import", preload, join(ROOT, "tui/start-screen.ts")];
  const terminal = new Terminal("sh", [
    "-c",
    '"$@"; code=$?; stty -a; exit $code',
    "sh",
    ...screen,
  ]);
  onTestFinished(() => terminal.dispose());
  await terminal.shows(/^loading/m);
  process.kill(descendantsOf(terminal.pid)[0] ?? 0, signal);
  expect(await terminal.exited).toBe(code);
  const settings = await terminal.shows(/\becho\b/);
  expect(settings).toMatch(/ icanon /);
  expect(settings).not.toMatch(/ -(icanon|echo|isig) /);
});
