import { expect, test } from "vitest";
import { fewFiles } from "../another-machine.ts";
import { answerPlainly, CLOSED, clientOf, startServer } from "../http-server.ts";
import { commandOf, firstBelow, untilEnded } from "../processes.ts";
import { outcomesOf, recordIn } from "../programs.ts";
import { waitUntil } from "../wait-until.ts";
import { openScreen, QUICK, startTerminal } from "./open-screen.ts";
import { KEYS, type Terminal } from "./terminal.ts";

/** Fires a plan of one run, whose environments are then all cold or all warm. */
async function fireOnce(terminal: Terminal, temperature: "cold" | "warm"): Promise<string> {
  await terminal.pressFor(KEYS.enter, /in flight/);
  return terminal.shows(new RegExp(`run 1 of 1 · ${temperature} · 5 of 5[\\s\\S]*⏎ fire`));
}

test("idle, it says the question, what would be fired, where, and what that proves", async () => {
  const { terminal } = await openScreen();
  const [title, proves, plan] = terminal.lines;
  expect(title).toMatch(/^ Lambda Concurrency Test +local · on-demand$/);
  expect(proves).toBe(
    " Embedded Lambda: proves nothing about AWS, but shows how the model behaves.",
  );
  expect(plan).toBe(" Ana, Barbara, Mario, Dean, John · 2 runs of 5 requests, 5 at once, held 5 s");
  expect(terminal.text).toMatch(/Can one Node\.js process .* serve two requests at once\?/);
  expect(terminal.text).toMatch(/Nothing fired yet\. Press ⏎ to fire\./);
  expect(terminal.isAlternate).toBe(true);
});

test("the reference experiment, from Enter to the verdict, and what stands when it is left", async () => {
  // A pause, so that what stands between the runs stays for long enough.
  const { terminal, data } = await openScreen({ args: ["--pause", "2s"] });
  const firing = await terminal.pressFor(KEYS.enter, /in flight +Ana +●━+╸/);
  expect(firing).toMatch(/run 1 of 2 · 0 of 5/);
  expect(firing).toMatch(/Esc stop {2}\? help {2}q quit/);
  const between = await terminal.shows(/run 1 of 2 · next in 2 s/);
  expect(between).toMatch(/^ {2}1 {2}[0-9a-f]{4} {2}cold +\w+ +●━+●$/m);
  expect(between).toMatch(/\{ counter: 1, client: "Ana", clients: \["Ana"\] \}/);
  const second = await terminal.shows(/run 2 of 2 · 0 of 5/);
  expect(second).toMatch(/ISOLATED {2}5 environments served 5 requests/);
  const finished = await terminal.shows(/served 10 requests/);
  expect(finished.match(/2nd, kept (Ana|Barbara|Mario|Dean|John) /g)).toHaveLength(5);
  expect(finished.match(/counter: 2, client: "\w+", clients: \["\w+", "\w+"\]/g)).toHaveLength(5);
  expect(finished).toMatch(/8 chances to share a process \(4 of them warm\), none taken/);
  // Nothing has moved since the first frame of the run.
  expect(finished.split("\n").findIndex((line) => line.startsWith("───"))).toBe(3);
  expect(finished.split("\n").findLastIndex((line) => line.startsWith("───"))).toBe(
    firing.split("\n").findLastIndex((line) => line.startsWith("───")),
  );

  terminal.press("q");
  expect(await terminal.exited).toBe(0);
  const left = await terminal.shows(/Record: /);
  expect(terminal.isAlternate).toBe(false);
  expect(left).toMatch(/^ISOLATED {2}5 environments served 10 requests/m);
  expect(recordIn(data)).toHaveLength(2 + 10 + 3);
});

test("a second experiment finds the environments of the first, until a cold start", async () => {
  const { terminal } = await openScreen({ args: [...QUICK, "--runs", "1"], columns: 120 });
  await fireOnce(terminal, "cold");
  const second = await fireOnce(terminal, "warm");
  expect(second.match(/2nd invocation/g)).toHaveLength(5);
  await terminal.pressFor("c", /the next run is a cold one/);
  const third = await fireOnce(terminal, "cold");
  expect(third.match(/^ {2}\d {2}[0-9a-f]{4} {2}cold/gm)).toHaveLength(5);
});

test("the pause before a run counts down, and Escape ends it and the experiment", async () => {
  const { terminal } = await openScreen({ args: ["--hold", "100ms", "--pause", "1h"] });
  terminal.press(KEYS.enter);
  const [, first] = /next in (3,\d\d\d) s/.exec(await terminal.shows(/next in 3,\d\d\d s/)) ?? [];
  await terminal.shows(new RegExp(`run 1 of 2 · next in (?!${first})3,\\d\\d\\d s`));
  const text = await terminal.pressFor(KEYS.escape, /run 1 of 2 · cold · 5 of 5[\s\S]*⏎ fire/);
  expect(text).toMatch(/5 environments served 5 requests/);
});

test("Escape stops a run, and what was in flight is on the record as aborted", async () => {
  const { terminal, data } = await openScreen();
  await terminal.pressFor(KEYS.enter, /in flight/);
  await terminal.pressFor(KEYS.escape, /INCONCLUSIVE[\s\S]*⏎ fire/);
  expect(outcomesOf(recordIn(data))).toEqual(Array(5).fill("aborted"));
  // The history counts what was fired, not the second run, which never was.
  await terminal.pressFor("h", /on-demand +5 +0 +INCONCLUSIVE/);
});

test("a plan that cannot work is said before it is fired", async () => {
  const { terminal } = await openScreen({
    args: ["--concurrency", "200"],
    machine: fewFiles(1_000),
  });
  await terminal.shows(/CANNOT FIRE {2}The embedded Lambda needs [\d,]+ open files/);
  await terminal.pressFor("e", /Concurrency {3}200/);
  await terminal.pressFor(KEYS.tab, /▸ Concurrency/);
  terminal.press(KEYS.ctrl("u"));
  await terminal.pressFor("5", /Concurrency {3}5 /);
  terminal.press(KEYS.enter);
  await waitUntil("no obstacle", () => !terminal.text.includes("CANNOT FIRE"));
});

test("an embedded Lambda that died is started anew", async () => {
  const { terminal } = await openScreen({ args: [...QUICK, "--runs", "1"] });
  await fireOnce(terminal, "cold");
  const lambda = firstBelow(terminal.pid);
  process.kill(lambda, "SIGKILL");
  await untilEnded([lambda]);
  await fireOnce(terminal, "cold");
});

test("what is typed before the first frame is not lost, nor echoed", async () => {
  const terminal = startTerminal(commandOf("tui", ["--target", "local", ...QUICK]));
  const text = await terminal.pressFor("?", /fire the plan[\s\S]*q quit/);
  expect(text).toMatch(/^ Lambda Concurrency Test/);
});

test("k fires at the control first, says what it showed, and then fires at the target", async () => {
  const { terminal, data } = await openScreen({ args: QUICK, columns: 100 });
  await terminal.pressFor("k", /control, run 2 of 2 · 0 of 5/);
  const text = await terminal.shows(/ISOLATED {2}5 environments served 10 requests[\s\S]*⏎ fire/);
  expect(text).toMatch(/CONTROL {2}The instrument saw sharing when it happened: 20 overlaps in 10/);
  expect(text).not.toMatch(/control, run|mixed/);
  const roles = recordIn(data).filter((line) => line.type === "run");
  expect(roles.map(({ role }) => role)).toEqual(["control", "control", "experiment", "experiment"]);

  // The next one is fired without it, at the environments that are warm now.
  const again = await terminal.pressFor(
    KEYS.enter,
    /run 2 of 2 · warm[\s\S]*Over\s+2\s+experiments: below/,
  );
  expect(again).not.toMatch(/CONTROL/);
});

test("a failure is shown with its next step, and the screen lives on", async () => {
  const { terminal } = await openScreen({ args: ["--target", CLOSED.href] });
  const text = await terminal.pressFor(KEYS.enter, /FAILED[\s\S]*⏎ fire/);
  expect(text).toMatch(/FAILED {2}Could not open connection 1 of 5/);
  expect(text).toMatch(/Check the address/);
});

test("requests without an environment are shown with what became of them", async () => {
  const server = await startServer((request, response) => {
    if (clientOf(request) === "Ana") answerPlainly(request, response);
    else response.writeHead(403).end('{"Message":"Forbidden"}');
  });
  const { terminal } = await openScreen({ args: ["--target", server.url.href] });
  const text = await terminal.pressFor(KEYS.enter, /INCONCLUSIVE[\s\S]*⏎ fire/);
  expect(text).toMatch(/failed +Barbara +403 Forbidden/);
});
