import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFile, temporaryFolder } from "../processes.ts";
import { editPlan, openScreen } from "./open-screen.ts";
import { KEYS } from "./terminal.ts";

test("three names and ten requests, five at a time, are kept until the next start", async () => {
  const { terminal, data } = await openScreen();
  await editPlan(terminal);
  terminal.press(KEYS.ctrl("u"));
  await terminal.pressFor("Eva, Luis, 日本", /▸ Clients +Eva, Luis, 日本/);
  terminal.press(KEYS.down);
  await terminal.pressFor(KEYS.down, /▸ Requests/);
  terminal.press("\u007f");
  await terminal.pressFor("10", /2 runs of 10 requests, 5 at once: Eva, then Luis and so on\./);
  terminal.press(KEYS.enter);
  const plan = " Eva, Luis, 日本 · 2 runs of 10 requests, 5 at once, held 5 s";
  await terminal.shows(/10 requests[\s\S]*Nothing fired yet/);
  expect(terminal.lines[2]).toBe(plan);
  terminal.press("q");
  expect(await terminal.exited).toBe(0);

  const again = await openScreen({ data });
  expect(again.terminal.lines[2]).toBe(plan);
});

test("options on the command line go before what was kept", async () => {
  const data = temporaryFolder();
  writeFileSync(
    join(data, "settings.json"),
    JSON.stringify({ plan: { clients: "Eva", hold: "2s" }, target: "http://127.0.0.1:9/" }),
  );
  const { terminal } = await openScreen({ data, args: ["--runs", "3", "--target", "local"] });
  expect(terminal.lines[0]).toMatch(/local · on-demand$/);
  expect(terminal.lines[2]).toBe(" Eva · 3 runs of 1 request, 1 at once, held 2 s");
});

test("while typing the message names the field and its limits, and neither Enter nor Escape takes anything over", async () => {
  const { terminal, data } = await openScreen();
  const before = terminal.lines[2];
  await editPlan(terminal);
  await terminal.pressFor(KEYS.tab, /▸ Concurrency/);
  await terminal.pressFor("x", /✗ Concurrency: "5x" is not a whole number from 1 to 1,000,000/);
  terminal.press(KEYS.enter);
  await terminal.pressFor("\u007f", /▸ Concurrency +5 [\s\S]*2 runs of 5 requests/);
  expect(terminal.text).not.toMatch(/✗/);
  await terminal.pressFor("0", /▸ Concurrency +50/);
  await terminal.pressFor(KEYS.escape, /Nothing fired yet/);
  expect(terminal.lines[2]).toBe(before);
  expect(existsSync(join(data, "settings.json"))).toBe(false);
});

test("what arrives in one piece is taken character by character", async () => {
  const { terminal } = await openScreen();
  await editPlan(terminal);
  await terminal.pressFor(
    `${KEYS.ctrl("u")}Eva,Luis\t${KEYS.ctrl("u")}3\r`,
    /Eva, Luis · 2 runs of 3 requests, 3 at once[\s\S]*Nothing fired yet/,
  );
});

test("keys that arrive together with the one that opens a view are for that view", async () => {
  const { terminal } = await openScreen();
  await terminal.pressFor(
    `e${KEYS.down}${KEYS.ctrl("u")}3`,
    /2 runs of 3 requests, 3 at once: Ana, then Barbara/,
  );
  // Back, to the help, to its end, and into the form again.
  await terminal.pressFor(
    `\r?${KEYS.end}${KEYS.left}e\t7`,
    /▸ Concurrency +37 [\s\S]*37 at once: Ana/,
  );
});

test("a list can be pasted, and the cursor stands where the next character goes", async () => {
  const { terminal } = await openScreen();
  await editPlan(terminal);
  terminal.press(KEYS.ctrl("u"));
  terminal.paste("Ana\n日本\nMario\n");
  await terminal.shows(/▸ Clients +Ana, 日本, Mario$/m);
  const row = terminal.lines.findIndex((line) => line.includes("▸ Clients"));
  const column = terminal.lines[row]?.indexOf("Ana") ?? 0;
  // Two of the characters are twice as wide as others.
  expect(terminal.cursor).toEqual({ column: column + "Ana, 日本, Mario".length + 2, row });
  terminal.press(KEYS.home);
  terminal.press(KEYS.right);
  await terminal.pressFor("!", /▸ Clients +A!na, 日本, Mario/);
  expect(terminal.cursor).toEqual({ column: column + 2, row });
});

test("a plan whose runs differ is named, and its form says what editing would do", async () => {
  const { terminal } = await openScreen({ args: ["--plan", "ramp"] });
  expect(terminal.lines[2]).toBe(" ramp: 127 requests in 7 runs, 1 to 64 at once, held 1 s");
  expect(terminal.text).toMatch(/Run by run 1 to 64 requests leave at the same instant/);
  await terminal.pressFor("e", /127 requests in 7 runs, 1 to 64 at once: Ana/);
  expect(terminal.text.replaceAll(/\s+/g, " ")).toMatch(/The runs of ramp differ, and stay/);
  await terminal.pressFor(KEYS.escape, /Nothing fired yet/);
  expect(terminal.lines[2]).toMatch(/^ ramp: 127 requests in 7 runs/);
});

test("a plan file is not changed by what was kept of another plan", async () => {
  const data = temporaryFolder();
  const kept = { plan: { clients: "Eva", concurrency: "3", runs: "4" }, target: "local" };
  writeFileSync(join(data, "settings.json"), JSON.stringify(kept));
  const stages = [
    { concurrency: 2, requests: 3 },
    { concurrency: 2, requests: 3, pauseMs: 100 },
  ];
  const path = temporaryFile("two.json", JSON.stringify({ clients: ["Bo"], holdMs: 300, stages }));
  const { terminal } = await openScreen({ data, target: "kept", args: ["--plan", path] });
  expect(terminal.lines[2]).toBe(
    " Bo · 2 runs of 3 requests, 2 at once, a pause of 100 ms, held 300 ms",
  );
  // Nor is it kept in the place of that one by a form in which nothing was typed.
  await editPlan(terminal);
  await terminal.pressFor(KEYS.enter, /Nothing fired yet/);
  expect(JSON.parse(readFileSync(join(data, "settings.json"), "utf8"))).toEqual(kept);
});
