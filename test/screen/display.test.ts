import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../processes.ts";
import { burst, recordLines, writeRecord } from "../report/records.ts";
import { waitUntil } from "../wait-until.ts";
import { editPlan, openScreen, QUICK } from "./open-screen.ts";
import { KEYS } from "./terminal.ts";

const SGR = new RegExp(`${KEYS.escape}\\[[\\d;]*m`);
const COLOUR = new RegExp(`${KEYS.escape}\\[[39]\\dm`);

test("resizing at any moment loses nothing, and too small a terminal says so", async () => {
  const { terminal } = await openScreen({ args: ["--hold", "2s"] });
  await terminal.pressFor(KEYS.enter, /in flight/);
  terminal.resize(40, 10);
  await terminal.shows(/^Please enlarge the terminal to 60×15/);
  expect(terminal.text.replaceAll(/\s+/g, " ")).toMatch(/or more, or press q to quit\./);
  terminal.resize(120, 40);
  await terminal.shows(/^ Lambda Concurrency Test[\s\S]*run \d of 2/);
  terminal.resize(70, 20);
  await terminal.shows(/^ Lambda Concurrency Test[\s\S]*ISOLATED/);
  terminal.resize(100, 30);
  const text = await terminal.shows(/^ Lambda Concurrency Test[\s\S]*served 10 requests/);
  expect(text.match(/counter: 2/g)).toHaveLength(5);
  expect(terminal.lines.filter((line) => line.startsWith("──"))).toEqual(
    Array(2).fill("─".repeat(100)),
  );
  terminal.resize(40, 10);
  await terminal.shows(/^Please enlarge the terminal/);
  terminal.press("q");
  expect(await terminal.exited).toBe(0);
});

test("in the smallest terminal nothing overprints, and what is selected is seen", async () => {
  const { terminal } = await openScreen({ columns: 60, rows: 15, args: QUICK });
  const [, proves, , rule, first, question] = terminal.lines;
  expect(proves).toBe(" Embedded Lambda: proves nothing about AWS, but shows how …");
  expect([rule, first]).toEqual(["─".repeat(60), ""]);
  expect(question).toBe("   Can one Node.js process of a Lambda function serve two");
  await terminal.pressFor("t", /▸ on-demand/);
  await terminal.pressFor(KEYS.up, /^ ▸ URL$/m);
  expect(terminal.cursor.row).toBe(terminal.lines.findIndex((line) => line.startsWith(" ▸ URL")));
  await terminal.pressFor(KEYS.escape, /⏎ fire/);
  await editPlan(terminal);
  await terminal.pressFor(`${KEYS.tab}x`, /▸ Concurrency +5x +✗ "5x" is not/);
  await terminal.pressFor(KEYS.escape, /⏎ fire/);
  await terminal.pressFor(KEYS.enter, /run 2 of 2[\s\S]*ISOLATED[\s\S]*⏎ fire/);
});

test("a thousand requests are watched, scrolled through and looked into while they run", async () => {
  const { terminal } = await openScreen({
    args: ["--concurrency", "40", "--requests", "1000", "--hold", "200ms", "--runs", "1"],
  });
  await terminal.pressFor(KEYS.enter, /\d+ of 1,000 requests answered · \d+ cold/);
  await terminal.shows(/p50 \d\.\d\d s · p95 \d\.\d\d s · max \d\.\d\d s · \d+ in flight/);
  await terminal.shows(/ 1–\d+ of \d\d environments/);
  await terminal.pressFor(KEYS.end, /^▸ *\d\d {2}/m);
  await terminal.pressFor(KEYS.home, /^▸ +1 {2}/m);
  terminal.press(KEYS.pageDown);
  await terminal.pressFor(KEYS.right, /Environment \d+, /);
  await terminal.pressFor(KEYS.left, /1,000 of 1,000 requests answered · \d+ cold/);
  const text = await terminal.shows(/ISOLATED {2}\d+ environments served 1,000 requests/);
  expect(text).toMatch(/counter \d+: … "/);
});

test("colours are those of the terminal, and none where none are wanted", async () => {
  const { terminal } = await openScreen();
  expect(terminal.written).toMatch(COLOUR);
  expect(terminal.written).not.toMatch(/\[[34]8[;:]/);
  const plain = await openScreen({ env: { NO_COLOR: "1" } });
  expect(plain.terminal.written).not.toMatch(SGR);
  // FORCE_COLOR goes before what the terminal is known to be able to.
  const forced = await openScreen({ env: { TERM: "vt52", FORCE_COLOR: "1" } });
  expect(forced.terminal.written).toMatch(COLOUR);
});

test("names whose width terminals disagree about move neither the bars nor the cursor", async () => {
  const clients = ["👍", "👍🏽👍🏽", "❤️ 1️⃣", "🇩🇪 ✅", "José"];
  const data = temporaryFolder();
  mkdirSync(join(data, "records"));
  // Their requests left at one instant, as those of a busy machine do not.
  const runs = [burst(clients.length, (index) => index)];
  writeRecord(join(data, "records"), "names.ndjson", recordLines({ clients, runs }));
  const { terminal } = await openScreen({ data, args: ["--clients", clients.join()] });
  await terminal.pressFor("h", /When +Target[\s\S]*ISOLATED/);
  await terminal.pressFor(KEYS.enter, /recorded [\s\S]*ISOLATED[\s\S]*⏎ fire/);
  const columns = terminal.cells.flatMap((row) => {
    const column = row.findIndex(({ text }) => text === "●");
    return column < 0 ? [] : [column];
  });
  expect(columns).toEqual(Array(5).fill(40));
  await editPlan(terminal);
  terminal.press(KEYS.home + KEYS.right + KEYS.right);
  await waitUntil("the cursor", () => terminal.cursor.column === 17 + "XX, ".length - 1);
  await terminal.pressFor("X", /▸ Clients +👍 ?,X /);
});

test("the window says that it fires, and is called as before when it is left", async () => {
  const { terminal } = await openScreen({ args: QUICK });
  await terminal.pressFor(KEYS.enter, /run 2 of 2[\s\S]*ISOLATED[\s\S]*⏎ fire/);
  const name = "Lambda Concurrency Test";
  await waitUntil("the last title", () => terminal.titles.at(-1) === name);
  const titles = [name, `${name}: run 1 of 2`, `${name}: run 2 of 2`];
  expect([...new Set(terminal.titles)]).toEqual(titles);
});

test("a screen reader gets sentences, without bars and rules, however small the terminal is", async () => {
  const { terminal } = await openScreen({
    args: QUICK,
    rows: 60,
    columns: 160,
    env: { INK_SCREEN_READER: "true" },
  });
  const text = await terminal.pressFor(
    KEYS.enter,
    /Run 2 of 2: 5 of 5 requests answered within \d\.\d\d s\./,
  );
  expect(text).toMatch(
    /Environment 1, [0-9a-f]{4}, 2nd invocation, kept \w+ from run 1: \w+ found counter 2 and the clients \w+ and \w+\./,
  );
  expect(text).not.toMatch(/[━●─▸]/);
  await terminal.shows(/⏎ fire/);
  terminal.resize(40, 10);
  await terminal.pressFor("?", /Esc back/);
  terminal.press(KEYS.ctrl("c"));
  expect(await terminal.exited).toBe(0);
  expect(terminal.written).not.toMatch(/enlarge/);
});
