import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { descendantsOf, isAlive, temporaryFolder } from "../processes.ts";
import { openScreen, recordIn } from "../screen/open-screen.ts";
import { KEYS } from "../screen/terminal.ts";
import { waitUntil } from "../wait-until.ts";
import { onlyObservations, startExperiment } from "./recorded-run.ts";

/** The embedded Lambda below a process. */
function embeddedBelow(pid: number | undefined): number {
  const isEmbedded = (its: number) => /local-lambda.main\.ts/.test(commandOf(its));
  const found = descendantsOf(pid ?? 0).find(isEmbedded);
  if (found === undefined) throw new Error("There is no embedded Lambda");
  return found;
}

function commandOf(pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, "utf8");
}

test("an embedded Lambda that hangs holds up neither Esc nor q, and is killed then", async () => {
  const temporary = temporaryFolder();
  const { terminal, data } = await openScreen({
    columns: 120,
    args: ["--hold", "100ms", "--runs", "1"],
    env: { TMPDIR: temporary },
  });
  terminal.press(KEYS.enter);
  await terminal.shows(/run 1 of 1 · cold · 5 of 5[\s\S]*c cold start/);
  const processes = descendantsOf(terminal.pid);
  process.kill(embeddedBelow(terminal.pid), "SIGSTOP");
  terminal.press("c");
  await terminal.shows(/Esc stop/);
  terminal.press(KEYS.escape);
  await terminal.shows(/c cold start/);
  terminal.press("c");
  await terminal.shows(/Esc stop/);
  terminal.press("q");
  await terminal.shows(/Waiting for the target to end …/);
  expect(await terminal.exited).toBe(0);
  // Who has waited for the reaper finds nothing of the folder either.
  expect(readdirSync(temporary)).toEqual([]);
  await waitUntil("the processes to be gone", () => !processes.some(isAlive));
  await terminal.shows(/^Record: /m);
  expect(recordIn(data).at(-1)).toMatchObject({ run: null, outcomes: { ok: 5 } });
});

test("who does not wait for an embedded Lambda that hangs leaves at once by Ctrl-C, and it ends too", async () => {
  const temporary = temporaryFolder();
  const { terminal, data } = await openScreen({
    args: ["--hold", "100ms", "--runs", "1"],
    env: { TMPDIR: temporary },
  });
  terminal.press(KEYS.enter);
  await terminal.shows(/run 1 of 1 · cold · 5 of 5[\s\S]*⏎ fire/);
  const processes = descendantsOf(terminal.pid);
  process.kill(embeddedBelow(terminal.pid), "SIGSTOP");
  terminal.press("q");
  await terminal.shows(/Waiting for the target to end …/);
  terminal.press(KEYS.ctrl("c"));
  await terminal.exited;
  await waitUntil("the processes to be gone", () => !processes.some(isAlive));
  await waitUntil("the folder to be empty", () => readdirSync(temporary).length === 0);
  expect(recordIn(data).at(-1)).toMatchObject({ run: null, outcomes: { ok: 5 } });
});

test("of an embedded Lambda that ends between two runs it is said that it has, and to fire again", async () => {
  const { running, record } = startExperiment();
  await waitUntil("the shot", () => record().length > 0);
  process.kill(embeddedBelow(running.child.pid), "SIGKILL");
  const { terminal, data } = await openScreen();
  terminal.press(KEYS.enter);
  await terminal.shows(/in flight/);
  process.kill(embeddedBelow(terminal.pid), "SIGKILL");

  expect(await running.ended).toBe(1);
  expect(running.stderr()).toBe(
    "error: The embedded Lambda has ended.\nFire again: it is started anew.\n",
  );
  const text = await terminal.shows(/FAILED[\s\S]*Fire again/);
  expect(text).toMatch(
    /FAILED +The embedded Lambda has ended\.\s+Fire again: it is started anew\./,
  );
  for (const lines of [record(), recordIn(data)]) {
    expect(onlyObservations(lines).map(({ outcome }) => outcome)).toEqual(Array(5).fill("failed"));
    expect(lines.at(-1)).toMatchObject({ run: null, outcomes: { failed: 5 } });
  }
  terminal.press(KEYS.enter);
  await terminal.shows(/in flight/);
});
