import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startServer } from "../http-server.ts";
import { temporaryFolder } from "../processes.ts";
import { waitUntil } from "../wait-until.ts";
import { openScreen, QUICK } from "./open-screen.ts";
import { KEYS, type Terminal } from "./terminal.ts";

async function fireOnce(terminal: Terminal): Promise<void> {
  await terminal.pressFor(
    KEYS.enter,
    /run 2 of 2 · warm · 5 of 5[\s\S]*served 10 requests[\s\S]*⏎ fire/,
  );
}

test("details of an environment: identity, invocations, globalData, and what it logs", async () => {
  const { terminal } = await openScreen({ args: QUICK, columns: 120, rows: 40 });
  await fireOnce(terminal);
  terminal.press(KEYS.down);
  await terminal.pressFor(KEYS.down, /^▸ 2/m);
  const text = await terminal.pressFor(KEYS.right, /Log\n {3}\{.*platform\.initStart/);
  expect(text).toMatch(/Environment 2, [0-9a-f]{4}/);
  expect(text).toMatch(/log stream {3}\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}/);
  expect(text).toMatch(/process +pid \d+\n {3}thread/);
  expect(text).toMatch(/1st +\w+ +run 1 +\d\.\d\d s to \d\.\d\d s {2}cold\n +2nd +\w+ +run 2/);
  expect(text).toMatch(
    /├─ counter {2}2\n {3}├─ client +"\w+"\n {3}└─ clients\n {6}├─ "\w+"\n {6}└─ "/,
  );
  await terminal.pressFor(KEYS.end, /step 5 of 5/);
  await terminal.pressFor(KEYS.left, /^▸ 2/m);
});

test("requests that share a web function's process are told, and the log stream that their heads name", async () => {
  const args = [...QUICK, "--model", "web-function"];
  const { terminal } = await openScreen({ args, target: "kept", columns: 120, rows: 40 });
  await terminal.shows(/local · web-function/);
  const text = await terminal.pressFor(KEYS.enter, /SHARED {2}\w+ was inside[\s\S]*⏎ fire/);
  expect(text).toMatch(/1 {2}[0-9a-f]{4} {2}.*5 at once +\w+ +●━+● +mixed/);
  terminal.press(KEYS.down);
  await terminal.pressFor(KEYS.right, /log stream {3}\d{4}\/\d\d\/\d\d\/\[\S+\][0-9a-f]{32}/);
  // The log is read meanwhile, and makes the page longer.
  await waitUntil("the end of the log", () => {
    terminal.press(KEYS.end);
    return terminal.text.includes("step 5 of 5");
  });
});

test("recorded experiments are listed, opened as if they had just ended, and deleted when asked twice", async () => {
  const { terminal, data } = await openScreen({ args: QUICK });
  await fireOnce(terminal);
  terminal.press(KEYS.enter);
  await waitUntil("two records", () => readdirSync(join(data, "records")).length === 2);
  await terminal.shows(/run 2 of 2 · warm · 5 of 5[\s\S]*4th[\s\S]*ISOLATED[\s\S]*⏎ fire/);
  const list = await terminal.pressFor("h", /When +Target/);
  expect(list).toMatch(
    /▸ \d\d-\d\d \d\d:\d\d +local · on-demand +10 +5 +ISOLATED +\d\d % +\d\d %\n {2}\d\d-/,
  );
  await terminal.pressFor(KEYS.down, /^ {2}\d\d-\d\d .*\n▸ \d\d-\d\d /m);
  const opened = await terminal.pressFor(
    KEYS.enter,
    /recorded \d{4}-\d\d-\d\d \d\d:\d\d · local · on-demand/,
  );
  expect(opened).toMatch(/run 2 of 2 · warm · 5 of 5/);
  expect(opened.match(/2nd, kept \w+/g)).toHaveLength(5);
  await terminal.shows(/ISOLATED[\s\S]*⏎ fire your plan {2}Esc back/);
  const plan = await terminal.pressFor(KEYS.escape, /held 400 ms[\s\S]*\n {3}Press ⏎ to fire\./);
  expect(plan).not.toMatch(/recorded|ISOLATED|Esc back/);

  await terminal.pressFor("h", /When +Target/);
  await terminal.pressFor("d", /y delete it for good/);
  await terminal.pressFor("n", /d delete/);
  expect(readdirSync(join(data, "records"))).toHaveLength(2);
  await terminal.pressFor("d", /y delete it for good/);
  terminal.press("y");
  await waitUntil("one record", () => readdirSync(join(data, "records")).length === 1);
  await terminal.shows(/ISOLATED +(\d\d %) +\1$/m);
});

test("the target is chosen from the embedded Lambda, the stack, and a URL that is typed in", async () => {
  const server = await startServer((_, response) => response.writeHead(503).end());
  const { terminal, data } = await openScreen();
  const text = await terminal.pressFor("t", /▸ on-demand[\s\S]*Stack/);
  expect(text).toMatch(/web-function +Many requests behind one HTTP server/);
  await terminal.pressFor(KEYS.up, /▸ URL/);
  await terminal.pressFor("nonsense", /▸ URL {2}nonsense/);
  await terminal.pressFor(KEYS.enter, /✗ "nonsense" is no target/);
  terminal.press(KEYS.ctrl("u"));
  terminal.paste(server.url.href);
  await terminal.shows(/▸ URL {2}http/);
  await terminal.pressFor(KEYS.enter, /Test +http[\s\S]*Nothing fired yet/);
  expect(terminal.lines[0]).toMatch(new RegExp(`${server.url.href}$`));
  expect(terminal.lines[1]).toMatch(/whatever answers there/);
  await terminal.pressFor(
    "c",
    /Only the owner of what answers at this URL can make its environments cold\./,
  );
  terminal.press("q");
  await terminal.exited;

  const again = await openScreen({ data, target: "kept" });
  expect(again.terminal.lines[0]).toMatch(new RegExp(`${server.url.href}$`));
});

test("s saves a report where the screen was started, and never over another one", async () => {
  const cwd = temporaryFolder();
  const { terminal } = await openScreen({ args: QUICK, cwd });
  await terminal.pressFor("s", /There is no experiment to save a report of: fire one/);
  await terminal.pressFor("x", /Only what was fired at a stack can be cross-checked/);
  await fireOnce(terminal);
  await terminal.pressFor("x", /Only what was fired at a stack can be cross-checked/);
  await terminal.pressFor("s", /Report: [\s\S]*\.html/);
  await waitUntil("a report", () => readdirSync(cwd).length === 1);
  const [name = ""] = readdirSync(cwd);
  expect(readFileSync(join(cwd, name), "utf8")).toMatch(/^<!doctype html>[\s\S]*ISOLATED/i);
  terminal.press("s");
  await waitUntil("another report", () => readdirSync(cwd).length === 2);
});

test("help tells keys and words, and scrolls", async () => {
  const { terminal } = await openScreen();
  await terminal.pressFor("?", /Keys\n {3}⏎ +fire the plan/);
  await terminal.pressFor(KEYS.end, /chance +to share: a request that Lambda could have put/);
  await terminal.pressFor(KEYS.escape, /Nothing fired yet/);
});
