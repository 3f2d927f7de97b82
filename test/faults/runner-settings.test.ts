import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { answerPlainly, startServer } from "../http-server.ts";
import { start, temporaryFolder } from "../processes.ts";
import { openScreen } from "../screen/open-screen.ts";
import { KEYS, Terminal } from "../screen/terminal.ts";
import { canPretend, NAMELESS_USER, program } from "./another-machine.ts";
import { makePipe } from "./make-pipe.ts";

/** Opens the editor and keeps the plan as it stands. */
async function keepPlan(terminal: Terminal): Promise<void> {
  terminal.press("e");
  await terminal.shows(/▸ Clients/);
  terminal.press(KEYS.enter);
}

/** What a screen shows, whatever its width made of the lines. */
const flat = (text: string) => text.replaceAll(/\s+/g, " ");

test.each([
  ["not JSON", (file: string) => writeFileSync(file, '{"plan": {"clients": "Ana')],
  ["something else", (file: string) => writeFileSync(file, '{"plan": ["Ana"]}')],
  ["a folder", (file: string) => mkdirSync(file)],
  ["a pipe that nobody writes into", makePipe],
  ["a link to what has no end", (file: string) => symlinkSync("/dev/zero", file)],
  ["a file of megabytes", (file: string) => writeFileSync(file, " ".repeat(1e7))],
])("settings that are %s are put aside, and said to be", async (_, spoil) => {
  const data = temporaryFolder();
  const file = join(data, "settings.json");
  writeFileSync(`${file}.bak`, "put aside before");
  spoil(file);
  const { terminal } = await openScreen({ data, rows: 30 });
  expect(flat(terminal.text)).toMatch(
    /The settings could not be read and were renamed to \S+ ?settings\.json\.bak-2: \w+.*\. /,
  );
  expect(terminal.text).not.toMatch(/^ +at /m);
  await keepPlan(terminal);
  await terminal.shows(/⏎ fire/);
  expect(readdirSync(data).sort()).toEqual([
    "settings.json",
    "settings.json.bak",
    "settings.json.bak-2",
  ]);
  expect(readFileSync(`${file}.bak`, "utf8")).toBe("put aside before");
});

test("settings of a newer version are kept, and what of them is not known is said", async () => {
  const data = temporaryFolder();
  const file = join(data, "settings.json");
  const newer = { target: "moon:1", theme: { dark: true } };
  const plan = { clients: "Ana,Bo", rate: "5/s" };
  writeFileSync(file, JSON.stringify({ ...newer, plan }));
  const { terminal } = await openScreen({ data, target: "kept", rows: 30 });
  expect(flat(terminal.text)).toMatch(
    /The kept plan and target cannot be used by this version; the default stands until you choose/,
  );
  expect(terminal.text).toMatch(/Ana, Barbara, Mario, Dean, John · 2 runs of 5 requests/);
  expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({ ...newer, plan });
  await keepPlan(terminal);
  await terminal.shows(/⏎ fire/);
  // Another plan was chosen; all else is still the newer version's.
  expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject(newer);
});

test.skipIf(!canPretend)(
  "settings that nobody may read or write are left alone, and it is said that nothing is kept",
  async () => {
    const data = temporaryFolder();
    const file = join(data, "settings.json");
    writeFileSync(file, "{}");
    chmodSync(file, 0o000);
    chmodSync(data, 0o500);
    const [command = "", ...args] = [
      ...NAMELESS_USER,
      ...program("tui/start-screen.ts", "--target", "local"),
    ];
    const env = { LAMBDA_CONCURRENCY_TEST_DATA: data };
    const terminal = new Terminal(command, args, { env, rows: 30 });
    onTestFinished(() => terminal.dispose());
    const opened = await terminal.shows(/⏎ fire/);
    expect(flat(opened)).toMatch(/The settings in \S+ cannot be used: EACCES: permission denied/);
    await keepPlan(terminal);
    expect(flat(await terminal.shows(/could\s+not\s+be\s+kept/))).toMatch(/kept: EACCES/);
    terminal.press(KEYS.enter);
    const failed = await terminal.shows(/FAILED[\s\S]*LAMBDA_CONCURRENCY_TEST_DATA/);
    expect(flat(failed)).toMatch(
      /The record \S+ ?\S+ cannot be written: EACCES: permission denied.*\. Start the screen with another folder in/,
    );
    expect(failed).not.toMatch(/--out/);
    expect(readFileSync(file, "utf8")).toBe("{}");
    expect(existsSync(join(data, "records"))).toBe(false);
  },
);

test("where the system makes no folder, that is said at once and nothing is fired", async () => {
  const { url, requests } = await startServer(answerPlainly);
  const env = { LAMBDA_CONCURRENCY_TEST_DATA: "/proc/none" };
  const { ended, stderr } = start(
    "experiment/command/run-experiment.ts",
    ["--target", url.href],
    env,
  );
  expect(await ended).toBe(1);
  expect(stderr()).toMatch(
    /^error: The record \/proc\/none\/\S+ cannot be written: ENOENT.*\nName a file with --out/,
  );
  const { terminal } = await openScreen({ data: "/proc/none", target: url.href, rows: 30 });
  expect(flat(terminal.text)).toMatch(/The settings in \/proc\/none\S+ cannot be used: ENOENT/);
  terminal.press("q");
  expect(await terminal.exited).toBe(0);
  expect(requests).toEqual([]);
});
