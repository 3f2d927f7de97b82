/** `npm run local-lambda`, as its users run it. */

import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { MODELS } from "../../basics/models.ts";
import { defaultConfiguration } from "../../local-lambda/function-configuration.ts";
import {
  type ReadyMessage,
  type RemoteAnswer,
  type RemoteCall,
  writeRemoteArgument,
} from "../../local-lambda/remote.ts";
import { canPretend, NAMELESS_USER, readOnlyDisk, smallDisk } from "../another-machine.ts";
import { codeFor } from "../embedded-lambda.ts";
import {
  collect,
  commandOf,
  descendantsOf,
  pidOf,
  resultOf,
  run,
  runToEnd,
  start,
  temporaryFile,
  temporaryFolder,
  untilEnded,
} from "../processes.ts";
import { startLambdaAlone } from "../programs.ts";
import { waitUntil } from "../wait-until.ts";

const curl = promisify(execFile);

test.each(MODELS)(
  "alone as %s it prints its URL, works with curl, and ends on Ctrl-C",
  async (model) => {
    const { child, stdout, url, ended } = await startLambdaAlone([
      "--model",
      model,
      "--env",
      "A=a=b",
    ]);
    expect(stdout()).toMatch(new RegExp(`^Embedded Lambda \\(${model}\\) at http:`));
    const answer = await curl("curl", ["-s", "-d", '{"client":"Ana","holdMs":50}', url]);
    expect(JSON.parse(answer.stdout)).toMatchObject({ client: "Ana", globalData: { counter: 1 } });
    const bad = await curl("curl", ["-s", "-w", " %{http_code}", "-d", "[]", url]);
    expect(bad.stdout).toMatch(/^\{"message":"body: .*\} 400$/);
    child.kill("SIGINT");
    expect(await ended).toBe(0);
  },
);

test("the help says which options belong to which model", async () => {
  const help = start("local-lambda", ["--help"], { COLUMNS: "200" });
  expect(await help.ended).toBe(0);
  const words = help.stdout().replaceAll(/\s+/g, " ");
  expect(words).toMatch(/--environments <n> managed-instances: environments, started beforehand/);
  expect(words).toMatch(/--max-concurrency <n> managed-instances, web-function: requests at once/);
  expect(words).toMatch(/--concurrency-limit <n> on-demand: answer 429 above/);
});

const LOGS = `
  export const handler = async () => {
    console.log("hello");
    process.stdout.write("plain\\n");
    throw new Error("it broke");
  };`;

/** A folder with code of the test's own, whose handler is `index.handler`. */
const folderWith = (source: string) => dirname(temporaryFile("index.mjs", source));

test.each(MODELS)(
  "with %s what a handler logs is shown as it comes, and whose it is",
  async (model) => {
    const { root, handler } = codeFor(model, LOGS);
    const args = ["--model", model, "--code", root, "--handler", handler];
    const { url, stderr } = await startLambdaAlone(args);
    const id = (await fetch(url)).headers.get("x-amzn-requestid");
    // A handler's two outputs are two pipes, so their lines come in any order.
    for (const words of ["(INFO )?hello", "plain", "(ERROR )?Error: it broke", " +at .*"]) {
      const line = new RegExp(`^[0-9a-f]{8} ${id} ${words}$`, "m");
      await waitUntil(words, () => line.test(stderr()));
    }
  },
);

test("with --quiet only an edit of the code is said, and what it changed", async () => {
  const folder = folderWith(LOGS);
  const { url, stderr } = await startLambdaAlone(["--quiet", "--code", folder]);
  await fetch(url);
  writeFileSync(join(folder, "index.mjs"), "export const handler = async () => 1;");
  expect(await (await fetch(url)).text()).toBe("1");
  const said = `The code in ${folder} changed (index.mjs): new environments serve it from here on.\n`;
  await waitUntil("the edit to be said", () => stderr() === said);
});

test("a log that nobody reads any more ends nothing, and holds nothing up", async () => {
  const source = `export const handler = async () => {
    for (let line = 0; line < 20_000; line++) console.log("x".repeat(100));
    return "done";
  };`;
  const { child, url, stdout } = await startLambdaAlone(["--code", folderWith(source)]);
  child.stderr?.pause();
  expect(await (await fetch(url)).text()).toBe("done");
  child.stderr?.destroy();
  expect(await (await fetch(url)).text()).toBe("done");
  expect(await (await fetch(url)).text()).toBe("done");
  expect(stdout()).toMatch(/^Embedded Lambda/);
});

test("one that another process steers gives its log when asked, writes nothing, and leaves nothing when it is killed", async () => {
  const source = `export const handler = async (_, { logStreamName }) => {
    console.log("hello");
    return logStreamName;
  };`;
  const code = { root: folderWith(source), handler: "index.handler" };
  const argument = writeRemoteArgument({ ...defaultConfiguration(), code });
  const [command = "", ...args] = commandOf("local-lambda", [argument]);
  const temporary = temporaryFolder();
  const child = spawn(command, args, {
    env: { ...process.env, TMPDIR: temporary },
    stdio: ["pipe", "pipe", "pipe", "ipc"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const printed = [child.stdout, child.stderr].map((output) => collect(output as Readable));
  const [ready] = (await once(child, "message")) as [ReadyMessage];
  const environment = await (await fetch(ready.url)).text();
  const asked = once(child, "message");
  child.send({ type: "logs", environment, call: 1 } satisfies RemoteCall);
  const [{ lines }] = (await asked) as [RemoteAnswer];
  expect(lines.map((line) => JSON.parse(line).message)).toContain("hello");
  const processes = descendantsOf(pidOf(child));
  child.kill("SIGKILL");
  await untilEnded(processes);
  await waitUntil("the folder to be empty", () => readdirSync(temporary).length === 0);
  expect(printed.map((text) => text())).toEqual(["", ""]);
});

test("a port that is taken is said in words", async () => {
  const { url } = await startLambdaAlone([]);
  const second = start("local-lambda", ["--port", new URL(url).port]);
  expect(await second.ended).toBe(1);
  expect(second.stderr()).toMatch(/^Port \d+ is taken\. Choose another with --port/);
});

const ALONE = commandOf("local-lambda", []);

/** What is wrong with a folder for temporary files: the beginning of a command that gets it, and why. */
type Unusable = [what: string, begin: (folder: string) => string[], reason: RegExp];

const HERE: Unusable[] = [
  ["is not there", (folder) => ["env", `TMPDIR=${folder}/none`], /: ENOENT: /],
  ["is a file", () => ["env", `TMPDIR=${temporaryFile("file", "")}`], /: ENOTDIR: /],
  [
    "has too long a path for a socket's",
    (folder) => {
      mkdirSync(join(folder, "a".repeat(100)));
      return ["env", `TMPDIR=${join(folder, "a".repeat(100))}`];
    },
    /: the path of a socket in \S+ would be too long\. /,
  ],
];
const ELSEWHERE: Unusable[] = [
  ["is read-only", (at) => [...readOnlyDisk(at), "env", `TMPDIR=${at}`], /: EROFS: /],
  ["has no room", (at) => [...smallDisk(4, at, at), "env", `TMPDIR=${at}`], /: ENOSPC: /],
  [
    "may not be written to",
    (at) => {
      chmodSync(at, 0o500);
      return [...NAMELESS_USER, "env", `TMPDIR=${at}`];
    },
    /: EACCES: /,
  ],
];

async function expectNamed([, begin, reason]: Unusable): Promise<void> {
  const command = [...begin(temporaryFolder()), ...ALONE, "--model", "web-function"];
  const { code, stderr } = await resultOf(run(command));
  expect(code).toBe(1);
  expect(stderr).toMatch(/^No files can be made in the folder for temporary ones, \S+: /);
  expect(stderr).toMatch(reason);
  expect(stderr).toMatch(/ or name another one by the variable TMPDIR\.$/m);
}

test.each(HERE)("a folder for temporary files that %s is named, with the way out", (...row) =>
  expectNamed(row),
);
test.skipIf(!canPretend).each(ELSEWHERE)(
  "a folder for temporary files that %s is named as well",
  (...row) => expectNamed(row),
);

test.skipIf(!canPretend).each(["secret.txt", "secrets"])(
  "%s in the folder of the code that may not be read is named, and no port is blamed",
  async (name) => {
    const folder = folderWith("export const handler = () => 1;");
    const secret = join(folder, name);
    if (name.includes(".")) writeFileSync(secret, "");
    else mkdirSync(secret);
    chmodSync(secret, 0o000);
    const running = run([...NAMELESS_USER, ...ALONE, "--code", folder]);
    expect(await running.ended).toBe(1);
    expect(running.stderr()).toMatch(/^The code cannot be read: EACCES: permission denied, \w+ '/);
    expect(running.stderr()).toContain(`${secret}'. Make all of the folder readable, `);
  },
);

test.each([
  [["--authorization", "AWS_IAM"], /^--authorization AWS_IAM needs AWS_SECRET_ACCESS_KEY/],
  [["--code", "/nowhere/at/all"], /^There is no folder \/nowhere\/at\/all\./],
  [["--code", "handler", "--handler", "none.handler"], /^The handler none\.handler is not in/],
])("%j ends with what to do instead", async (args, message) => {
  const env = { AWS_ACCESS_KEY_ID: "AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY: "" };
  const { code, stderr } = await runToEnd("local-lambda", args, env);
  expect(code).toBe(1);
  expect(stderr).toMatch(message);
});
