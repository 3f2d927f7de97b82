/** The screen's comparison of the models. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../processes.ts";
import { waitUntil } from "../wait-until.ts";
import { openScreen } from "./open-screen.ts";
import { KEYS } from "./terminal.ts";

test("a fires at each model in turn, side by side, and s saves what all came to on one page", async () => {
  const cwd = temporaryFolder();
  const { terminal, data } = await openScreen({ args: ["--hold", "500ms"], cwd, columns: 120 });
  await terminal.pressFor(
    "a",
    /on-demand +managed-instances +web-function\n run \d of 2 .* waits$/m,
  );
  const ended = await terminal.shows(/ISOLATED .* SHARED .* SHARED[\s\S]*a fire again/);
  expect(ended).toMatch(/Test +local · all models/);
  expect(readdirSync(join(data, "records"))).toHaveLength(3);
  await terminal.pressFor("s", /Report: [\s\S]*\.html/);
  await waitUntil("a report", () => readdirSync(cwd).length === 1);
  const [name = ""] = readdirSync(cwd);
  expect(readFileSync(join(cwd, name), "utf8")).toMatch(/3 experiments[\s\S]*managed-instances/);
  // Other views lead back to it.
  await terminal.pressFor("?", /Keys\n/);
  await terminal.pressFor(KEYS.escape, /ISOLATED .* SHARED .* SHARED[\s\S]*a fire again/);
  terminal.press("q");
  await terminal.exited;
  expect(terminal.text).toMatch(/local · web-function: SHARED/);
});

test("Escape stops a comparison at the model that it has come to", async () => {
  const { terminal, data } = await openScreen({ args: ["--hold", "30s"], columns: 120 });
  await terminal.pressFor("a", /0 of 5[\s\S]*Esc stop/);
  await terminal.pressFor(
    KEYS.escape,
    /not fired +not fired\n[\s\S]*INCONCLUSIVE[\s\S]*a fire again/,
  );
  expect(readdirSync(join(data, "records"))).toHaveLength(1);
  await terminal.pressFor(KEYS.right, /That key is for one target: Esc leads back to yours/);
  // When nothing is under way any more, it leads back to the plan.
  await terminal.pressFor(KEYS.escape, /local · on-demand\n[\s\S]*Press ⏎ to fire[\s\S]*a models/);
});
