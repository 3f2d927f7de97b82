import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { RecordLine } from "../../experiment/core/record-lines.ts";
import { answerPlainly, startServer } from "../http-server.ts";
import { descendantsOf, isAlive, start, temporaryFolder } from "../processes.ts";
import { waitUntil } from "../wait-until.ts";
import { CTRL_C, ENTER, ESCAPE, type ScreenOptions, Terminal } from "./terminal.ts";

async function open(options: Partial<ScreenOptions> = {}) {
  const data = temporaryFolder();
  const terminal = new Terminal({ data, ...options });
  await terminal.shows(/⏎ fire/);
  return { terminal, data };
}

function recordIn(data: string): RecordLine[] {
  const folder = join(data, "records");
  const [name = ""] = readdirSync(folder);
  return readFileSync(join(folder, name), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}

test("idle, it says what would be fired, where, and what that proves", async () => {
  const { terminal } = await open();
  const [title, proves, plan] = terminal.lines;
  expect(title).toMatch(/^ Lambda Concurrency Test +local · on-demand$/);
  expect(proves).toBe(" Embedded Lambda: shows how the model behaves, proves nothing about AWS.");
  expect(plan).toBe(
    " Ana, Barbara, Mario, Dean, John · 5 at once · 5 requests · hold 5 s · 2 runs",
  );
  expect(terminal.text).toMatch(/Nothing fired yet\./);
  expect(terminal.isAlternate).toBe(true);
});

test("the reference experiment, from Enter to the verdict, and what stands when it is left", async () => {
  const { terminal, data } = await open();
  terminal.press(ENTER);
  const firing = await terminal.shows(/in flight +Ana +●━+╸/);
  expect(firing).toMatch(/run 1 of 2 · 0\/5 answered/);
  expect(firing).toMatch(/Esc stop {2}q quit/);
  const between = await terminal.shows(/run 1 of 2 · 5\/5 answered/);
  expect(between).toMatch(/^ {2}1 {2}[0-9a-f]{4} {2}cold +\w+ +●━+●$/m);
  expect(between).toMatch(/\{ counter: 1, client: "Ana", clients: \["Ana"\] \}/);
  await terminal.shows(/run 2 of 2 · 0\/5 answered/);
  const finished = await terminal.shows(/ISOLATED/);
  expect(finished.match(/2nd request/g)).toHaveLength(5);
  expect(finished.match(/counter: 2, client: "\w+", clients: \["\w+", "\w+"\]/g)).toHaveLength(5);
  expect(finished).toMatch(/8 requests ran while another ran \(4 of them warm\)/);

  terminal.press("q");
  expect(await terminal.exited).toBe(0);
  const left = await terminal.shows(/Record: /);
  expect(terminal.isAlternate).toBe(false);
  expect(left).toMatch(/^ISOLATED {2}5 environments served 10 requests/m);
  expect(recordIn(data)).toHaveLength(2 + 10 + 3);
});

test("a second experiment finds the environments of the first, until a cold start", async () => {
  const { terminal } = await open();
  const fire = async () => {
    terminal.press(ENTER);
    await terminal.shows(/in flight/);
    return terminal.shows(/ISOLATED/);
  };
  expect(await fire()).toMatch(/2nd request/);
  terminal.press(ENTER);
  await terminal.shows(/run 1 of 2 · 5\/5 answered/);
  expect(terminal.text.match(/3rd request/g)).toHaveLength(5);
  await terminal.shows(/ISOLATED/);
  terminal.press("c");
  await terminal.shows(/the next run is a cold one/);
  terminal.press(ENTER);
  await terminal.shows(/run 1 of 2 · 5\/5 answered/);
  expect(terminal.text.match(/^ {2}\d {2}[0-9a-f]{4} {2}cold/gm)).toHaveLength(5);
});

test("Escape stops a run, and what was in flight is on the record as aborted", async () => {
  const { terminal, data } = await open();
  terminal.press(ENTER);
  await terminal.shows(/in flight/);
  terminal.press(ESCAPE);
  await terminal.shows(/INCONCLUSIVE/);
  const outcomes = recordIn(data).flatMap((line) =>
    line.type === "observation" ? [line.outcome] : [],
  );
  expect(outcomes).toEqual(Array(5).fill("aborted"));
});

test.each([
  ["q", (terminal: Terminal) => terminal.press("q"), 0],
  ["Ctrl-C", (terminal: Terminal) => terminal.press(CTRL_C), 0],
  ["SIGTERM", (terminal: Terminal) => terminal.signal("SIGTERM"), 0],
  ["SIGHUP", (terminal: Terminal) => terminal.signal("SIGHUP"), 0],
])(
  "%s leaves while firing, with the terminal restored and no process left",
  async (_, leave, code) => {
    const { terminal } = await open();
    terminal.press(ENTER);
    await terminal.shows(/in flight/);
    const processes = descendantsOf(terminal.pid);
    leave(terminal);
    expect(await terminal.exited).toBe(code);
    await waitUntil("the usual screen", () => !terminal.isAlternate);
    expect(processes.filter(isAlive)).toEqual([]);
  },
);

test("a failure is shown with its next step, and the screen lives on", async () => {
  const { terminal } = await open({ args: ["--target", "http://127.0.0.1:9/"] });
  terminal.press(ENTER);
  await terminal.shows(/FAILED {2}Could not open connection 1 of 5/);
  expect(terminal.text).toMatch(/Check the address/);
  expect(terminal.text).toMatch(/⏎ fire/);
});

test("requests without an environment are shown with what became of them", async () => {
  const server = await startServer((request, response) => {
    if (JSON.parse(request.body).client === "Ana") answerPlainly(request, response);
    else response.writeHead(403).end('{"Message":"Forbidden"}');
  });
  const { terminal } = await open({ args: ["--target", server.url.href] });
  terminal.press(ENTER);
  const text = await terminal.shows(/INCONCLUSIVE/);
  expect(text).toMatch(/failed +Barbara +failed \(403 Forbidden\)/);
});

test("resizing at any moment loses nothing, and too small a terminal says so", async () => {
  const { terminal } = await open();
  terminal.press(ENTER);
  await terminal.shows(/in flight/);
  terminal.resize(40, 10);
  await terminal.shows(/Please enlarge the terminal to 60×15/);
  terminal.resize(120, 40);
  await terminal.shows(/run 1 of 2 · 5\/5 answered/);
  const text = await terminal.shows(/ISOLATED/);
  expect(text.match(/counter: 2/g)).toHaveLength(5);
});

test("without a terminal it names the command that needs none", async () => {
  const run = start("tui/main.ts", []);
  expect(await run.ended).toBe(1);
  expect(run.stderr()).toBe(
    "The screen needs a terminal. Without one, run the same experiment with:\n  npm run experiment\n",
  );
});
