import { expect, test } from "vitest";
import { openScreen, QUICK, recordIn } from "./open-screen.ts";

test("k fires at the control first, says what it showed, and then fires at the target", async () => {
  const { terminal, data } = await openScreen({ args: [...QUICK, "--runs", "1"], columns: 100 });
  terminal.press("k");
  await terminal.shows(/control, run 1 of 1[\s\S]*5 at once/);
  const text = await terminal.shows(/ISOLATED {2}5 environments served 5 requests[\s\S]*⏎ fire/);
  expect(text).toMatch(
    /CONTROL {2}The instrument saw sharing when it happened: 10 overlaps in 5 requests\./,
  );
  expect(text).not.toMatch(/control, run|mixed/);
  const roles = recordIn(data).filter((line) => line.type === "run");
  expect(roles.map(({ role }) => role)).toEqual(["control", "experiment"]);

  // The next one is fired without it, at the environments that are warm now.
  terminal.press("\r");
  const again = await terminal.shows(/run 1 of 1 · warm[\s\S]*Over 2 experiments: below/);
  expect(again).not.toMatch(/CONTROL/);
});

test.each([
  ["managed-instances", /local · managed-instances[\s\S]*SHARED/],
  ["web-function", /local · web-function[\s\S]*5 at once[\s\S]*mixed[\s\S]*SHARED/],
])("the model %s is shown as it shares", async (model, seen) => {
  const sizes = model === "managed-instances" ? ["--environments", "1"] : [];
  const args = [...QUICK, "--model", model, ...sizes, "--runs", "1"];
  const { terminal } = await openScreen({ args, target: "kept", columns: 100, rows: 30 });
  await terminal.shows(new RegExp(`local · ${model}`));
  terminal.press("\r");
  await terminal.shows(seen);
});
