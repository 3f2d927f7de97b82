/** What is wrong around the runner: its output, its clock, its settings, the Pulumi CLI and AWS. */

import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { crossCheck } from "../../experiment/cross-check.ts";
import { openSigner, standardCredentials } from "../../experiment/targets/aws-credentials.ts";
import { openSettings } from "../../tui/settings.ts";
import { canPretend, makePipe, NAMELESS_USER } from "../another-machine.ts";
import { answerAlone, answerPlainly, listen, startServer } from "../http-server.ts";
import {
  commandOf,
  descendantsOf,
  isAlive,
  killAfterwards,
  resultOf,
  run,
  start,
  temporaryFile,
  temporaryFolder,
  untilBelow,
  untilEnded,
} from "../processes.ts";
import { fire, recordsIn, startExperiment } from "../programs.ts";
import { outputsOf, pathWithPulumi, stackOf } from "../pulumi.ts";
import { burst, recordLines, writeRecord } from "../report/records.ts";
import { editPlan, openScreen, startTerminal } from "../screen/open-screen.ts";
import { KEYS, type Terminal } from "../screen/terminal.ts";
import { waitUntil } from "../wait-until.ts";

test.each([
  ["the text", []],
  ["the record", ["--json"]],
])("a reader of %s that leaves after a line stops nothing", async (_, format) => {
  const { url } = await startServer(answerAlone);
  // Both streams end in the same reader, which takes one line and goes.
  const reader = ["bash", "-c", '"$@" 2>&1 | head -n 1; exit $PIPESTATUS', "bash"];
  const args = ["--target", url.href, ...format];
  const { code, stdout, stderr, record } = await fire(args, {}, reader);
  // How busy the machine is decides how certain it is that the requests ran at once.
  expect([0, 3]).toContain(code);
  expect(stdout.trimEnd().split("\n")).toHaveLength(1);
  expect(stderr).toBe("");
  expect(record).toHaveLength(2 * (1 + 5 + 1) + 1);
});

test("output that a full disk does not take is said to be missing, and the record is whole", async () => {
  const { url } = await startServer(answerAlone);
  const toFull = ["sh", "-c", 'exec "$@" >/dev/full', "sh"];
  const fired = await fire(["--target", url.href, "--json"], {}, toFull);
  const [path = ""] = recordsIn(fired.data);
  expect(fired.code).toBe(1);
  expect(fired.stderr).toBe(
    "error: Standard output did not take everything: ENOSPC: no space left on device, write.\n" +
      `The record is whole: npm run report -- ${path}\n`,
  );
  expect(fired.verdict).toMatchObject({ outcomes: { ok: 10 } });
  const report = await resultOf(run([...toFull, ...commandOf("report", [path])]));
  expect(report.code).toBe(1);
  expect(report.stderr).toMatch(/^error: Standard output did not .*\nMake room there, or name/);
});

/** A clock that somebody sets back by an hour whenever it is read, in every process. */
const BACKWARDS = `
  const Real = Date;
  let read = 0;
  const now = () => Real.now() - 3_600_000 * read++;
  globalThis.Date = class extends Real {
    constructor(...given) {
      super(...(given.length === 0 ? [now()] : given));
    }
    static now() {
      return now();
    }
  };`;

test("a clock that is set back during a run changes no duration, and no verdict", async () => {
  const preload = temporaryFile("backwards.mjs", BACKWARDS);
  const seen = await fire(["--hold", "500ms"], { NODE_OPTIONS: `--import ${preload}` });
  expect(seen.stderr).toBe("");
  expect(seen.verdict).toMatchObject({ verdict: "isolated", outcomes: { ok: 10 } });
  expect(seen.stdout).not.toMatch(/ -\d/);
  const [first, second] = seen.record.filter((line) => line.type === "run");
  expect(Date.parse(first?.startedAt ?? "")).toBeGreaterThan(Date.parse(second?.startedAt ?? ""));
  for (const { sentAt = 0, answeredAt = 0, response } of seen.observations) {
    const { enteredAt = 0, leftAt = 0 } = response?.invocation ?? {};
    expect(sentAt).toBeGreaterThanOrEqual(0);
    expect(answeredAt - sentAt).toBeGreaterThan(0);
    expect(leftAt - enteredAt).toBeGreaterThan(0);
  }
  for (const line of seen.record) {
    if (line.type === "verdict") expect(line.wallMs).toBeGreaterThan(0);
  }
});

/** Opens the editor and keeps the plan as it stands. */
async function keepPlan(terminal: Terminal): Promise<void> {
  await editPlan(terminal);
  await terminal.pressFor("ny", /Johnny/);
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
])("settings that are %s are put aside, and others can be kept", async (_, spoil) => {
  const data = temporaryFolder();
  const file = join(data, "settings.json");
  writeFileSync(`${file}.bak`, "put aside before");
  spoil(file);
  stub({ LAMBDA_CONCURRENCY_TEST_DATA: data });
  const { kept, notice, keep } = await openSettings();
  expect(kept).toEqual({});
  expect(notice).toContain(`could not be read and were renamed to ${file}.bak-2: `);
  expect(keep({ target: "local" })).toBe(undefined);
  const names = ["settings.json", "settings.json.bak", "settings.json.bak-2"];
  expect(readdirSync(data).sort()).toEqual(names);
  expect(readFileSync(`${file}.bak`, "utf8")).toBe("put aside before");
  expect((await openSettings()).kept).toEqual({ target: "local" });
});

test("settings of a newer version are kept, and what of them is not known is said", async () => {
  const data = temporaryFolder();
  const file = join(data, "settings.json");
  const newer = { target: "moon:1", theme: { dark: true } };
  const plan = { clients: "Ana,Bo", rate: "5/s" };
  writeFileSync(file, JSON.stringify({ ...newer, plan }));
  const { terminal } = await openScreen({ data, target: "kept", rows: 30 });
  expect(flat(terminal.text)).toMatch(/The kept plan and target cannot be used by this version;/);
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
    const { terminal } = await openScreen({ machine: NAMELESS_USER, data, rows: 30 });
    expect(flat(terminal.text)).toMatch(/The settings in \S+ cannot be used: EACCES/);
    await keepPlan(terminal);
    expect(flat(await terminal.shows(/could\s+not\s+be\s+kept/))).toMatch(/kept: EACCES/);
    const failed = await terminal.pressFor(KEYS.enter, /FAILED[\s\S]*LAMBDA_CONCURRENCY_TEST_DATA/);
    expect(flat(failed)).toMatch(/EACCES: .*\. Start the screen with another folder in/);
    expect(failed).not.toMatch(/--out/);
    expect(readFileSync(file, "utf8")).toBe("{}");
    expect(existsSync(join(data, "records"))).toBe(false);
  },
);

/** A Pulumi CLI that neither answers nor listens, with a process of its own below it. */
const DEAF = "trap '' TERM INT HUP\nsleep 600";

/** The two processes of the CLI below a program, as soon as they are there; they end with the test. */
async function cliBelow(pid: number): Promise<number[]> {
  const below = await untilBelow(pid, 2);
  killAfterwards(() => below);
  return below;
}

test("a Pulumi CLI that listens to no signal ends with the experiment, and all that it started", async () => {
  const running = startExperiment(["--target", "stack"], { PATH: pathWithPulumi(DEAF) });
  const cli = await cliBelow(running.pid);
  running.child.kill("SIGTERM");
  expect(await running.ended).toBe(130);
  await untilEnded(cli);
  expect(running.stderr()).toBe("");
});

test("a Pulumi CLI that listens to no signal holds up no screen that is left", async () => {
  const env = { PATH: pathWithPulumi(DEAF) };
  const terminal = startTerminal(commandOf("tui", ["--target", "stack"]), { env });
  const cli = await cliBelow(terminal.pid);
  await terminal.shows(/q quit/);
  terminal.press(KEYS.ctrl("c"));
  expect(await terminal.exited).toBe(0);
  await untilEnded(cli);
});

test("a program that is ended by a signal that it does not handle takes the Pulumi CLI along", async () => {
  const module = new URL("../../experiment/targets/stack-outputs.ts", import.meta.url);
  const script = `import { readStack } from "${module.href}"; await readStack();`;
  const node = [process.execPath, "--input-type=module", "-e", script];
  const { pid, child, ended } = run(node, { PATH: pathWithPulumi(DEAF) });
  const cli = await cliBelow(pid);
  child.kill("SIGTERM");
  expect(await ended).toBe("SIGTERM");
  await untilEnded(cli);
});

test.each([
  [
    "prints without end",
    "exec yes",
    /^error: The Pulumi CLI failed: it printed more than 16 MB\.\n/,
  ],
  [
    "fails at one question while it answers another",
    `case "$*" in
      *"stack ls"*) until test -e "$0.asked"; do sleep 0.02; done; echo "error: broken" >&2; exit 1;;
      *) touch "$0.asked"; sleep 600;;
    esac`,
    /^error: The Pulumi CLI failed: broken/,
  ],
])("a Pulumi CLI that %s is ended, and so it is said", async (_, script, words) => {
  const env = { PATH: pathWithPulumi(script) };
  const { pid, child, ended, stderr } = startExperiment(["--target", "stack:dev"], env);
  const cli = new Set<number>();
  await waitUntil("the end", () => {
    for (const below of descendantsOf(pid)) cli.add(below);
    return child.exitCode !== null;
  });
  expect(await ended).toBe(1);
  expect(stderr()).toMatch(words);
  await untilEnded([...cli]);
});

/** A profile whose credentials a program is asked for that never has them. */
function profileThatHangs() {
  const pids = temporaryFile("pids", "");
  const program = temporaryFile(
    "hangs.cjs",
    `require("node:fs").appendFileSync(${JSON.stringify(pids)}, process.pid + "\\n");
     setInterval(() => {}, 1_000);`,
  );
  const profile = `[profile hangs]\ncredential_process = ${process.execPath} ${program}\n`;
  const config = temporaryFile("config", profile);
  const started = () => readFileSync(pids, "utf8").split("\n").filter(Boolean).map(Number);
  const end = async () => {
    for (const pid of started().filter(isAlive)) process.kill(pid, "SIGKILL");
    await untilEnded(started());
  };
  onTestFinished(end);
  const asked = { AWS_CONFIG_FILE: config, AWS_PROFILE: "hangs" };
  return { env: { ...asked, AWS_EC2_METADATA_DISABLED: "true" }, started, end };
}

function stub(env: Record<string, string>): void {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  onTestFinished(() => void vi.unstubAllEnvs());
}

test("credentials that do not come are waited for so long and no longer", async () => {
  stub(profileThatHangs().env);
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
  const waits: string[] = [];
  const credentials = standardCredentials({ onWait: (words) => waits.push(words) });
  const signer = openSigner(new URL("http://127.0.0.1/"), "eu-west-1", credentials, 1_000);
  const failure = signer.catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(120_000);
  expect(await failure).toMatchObject({
    kind: "no AWS credentials in time",
    facts: { waitedMs: 120_000 },
  });
  expect(waits).toEqual(["Waiting for AWS credentials …"]);
});

test("it is said that AWS credentials are waited for, and a signal ends the waiting", async () => {
  const { url, requests } = await startServer(answerPlainly);
  const outputs = { ...outputsOf(url.href), urlAuthorization: "AWS_IAM" };
  const profile = profileThatHangs();
  const args = ["--target", "stack", "--hold", "100ms"];
  const { child, ended, stderr } = start("experiment", args, {
    ...profile.env,
    LAMBDA_CONCURRENCY_TEST_DATA: temporaryFolder(),
    ...stackOf(outputs),
  });
  const words = "Waiting for AWS credentials …\n";
  await waitUntil("the words", () => stderr() === words);
  await waitUntil("the program that is asked", () => profile.started().length > 0);
  child.kill("SIGTERM");
  // That program still holds the output open.
  await waitUntil("the end", () => child.exitCode !== null);
  await profile.end();
  expect(await ended).toBe(130);
  expect(stderr()).toBe(words);
  expect(requests).toEqual([]);
});

test("a log service that takes connections and never answers is waited for until a signal comes", async () => {
  const sockets = new Set<Socket>();
  const listener = createServer((socket) => sockets.add(socket.on("error", () => {})));
  const port = await listen(listener);
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  stub({
    AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: `http://127.0.0.1:${port}/`,
    AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
    AWS_SECRET_ACCESS_KEY: "wJalrXUtnFEMI/K7MDENG+bPxRfiCY",
  });
  const target = { logGroupName: "/aws/lambda/f" };
  const lines = recordLines({ runs: [burst(5, (index) => index)], target });
  const path = writeRecord(temporaryFolder(), "record.ndjson", lines);
  const before = readFileSync(path, "utf8");
  const interruption = new AbortController();
  const checking = crossCheck(path, interruption.signal).catch((error: unknown) => error);
  await waitUntil("the question", () => sockets.size > 0);
  interruption.abort();
  expect(await checking).toMatchObject({ name: "AbortError" });
  expect(readFileSync(path, "utf8")).toBe(before);
});
