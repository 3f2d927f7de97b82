import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { descendantsOf, isAlive, ROOT, start, temporaryFolder } from "../processes.ts";
import { pathWithPulumi } from "../pulumi.ts";
import { KEYS, Terminal } from "../screen/terminal.ts";
import { waitUntil } from "../wait-until.ts";
import { run } from "./another-machine.ts";

/** A CLI that neither answers nor listens, with a process of its own below it. */
const DEAF = "trap '' TERM INT HUP\nsleep 600";
/** Its shell, and the process below it. */
const ITS_PROCESSES = 2;

/** The processes of the CLI below a program, as soon as all are there; they end with the test. */
function cliBelow(pid: number | undefined): Promise<number[]> {
  return waitUntil("the Pulumi CLI", () => {
    const below = descendantsOf(pid ?? 0);
    if (below.length < ITS_PROCESSES) return undefined;
    onTestFinished(() => {
      for (const its of below.filter(isAlive)) process.kill(its, "SIGKILL");
    });
    return below;
  });
}

test("a Pulumi CLI that listens to no signal ends with the experiment, and all that it started", async () => {
  const env = { PATH: pathWithPulumi(DEAF), LAMBDA_CONCURRENCY_TEST_DATA: temporaryFolder() };
  const { child, ended, stderr } = start(
    "experiment/command/run-experiment.ts",
    ["--target", "stack"],
    env,
  );
  const cli = await cliBelow(child.pid);
  child.kill("SIGTERM");
  expect(await ended).toBe(130);
  await waitUntil("the CLI to end", () => !cli.some(isAlive));
  expect(stderr()).toBe("");
});

test("a Pulumi CLI that listens to no signal holds up no screen that is left", async () => {
  const terminal = new Terminal(
    process.execPath,
    [join(ROOT, "tui/start-screen.ts"), "--target", "stack"],
    {
      env: { PATH: pathWithPulumi(DEAF), LAMBDA_CONCURRENCY_TEST_DATA: temporaryFolder() },
    },
  );
  onTestFinished(() => terminal.dispose());
  const cli = await cliBelow(terminal.pid);
  await terminal.shows(/q quit/);
  terminal.press(KEYS.ctrl("c"));
  expect(await terminal.exited).toBe(0);
  await waitUntil("the CLI to end", () => !cli.some(isAlive));
});

test("whoever is ended by a signal that nobody handles takes the Pulumi CLI along", async () => {
  const script =
    'import { readStack } from "./experiment/targets/stack-outputs.ts"; await readStack();';
  const env = ["env", `PATH=${pathWithPulumi(DEAF)}`];
  const node = [process.execPath, "--input-type=module", "-e", script];
  const { child, ended } = run([...env, ...node]);
  const cli = await cliBelow(child.pid);
  child.kill("SIGTERM");
  expect(await ended).toBe("SIGTERM");
  await waitUntil("the CLI to end", () => !cli.some(isAlive));
});

test("a Pulumi CLI that prints without end is ended, and so it is said", async () => {
  const env = { PATH: pathWithPulumi("exec yes"), LAMBDA_CONCURRENCY_TEST_DATA: temporaryFolder() };
  const { ended, stderr } = start(
    "experiment/command/run-experiment.ts",
    ["--target", "stack"],
    env,
  );
  expect(await ended).toBe(1);
  expect(stderr()).toMatch(/^error: The Pulumi CLI failed: it printed more than 16 MB\.\n/);
});

test("where the Pulumi CLI fails at one question, its answer to another is not waited for", async () => {
  const script = `case "$*" in
    *"stack ls"*) until test -e "$0.asked"; do sleep 0.02; done; echo "error: broken" >&2; exit 1;;
    *) touch "$0.asked"; sleep 600;;
  esac`;
  const { child, ended, stderr } = start(
    "experiment/command/run-experiment.ts",
    ["--target", "stack:dev"],
    {
      PATH: pathWithPulumi(script),
      LAMBDA_CONCURRENCY_TEST_DATA: temporaryFolder(),
    },
  );
  const cli = new Set<number>();
  await waitUntil("the end", () => {
    for (const pid of descendantsOf(child.pid ?? 0)) cli.add(pid);
    return child.exitCode !== null;
  });
  expect(await ended).toBe(1);
  expect(stderr()).toMatch(/^error: The Pulumi CLI failed: broken/);
  await waitUntil("the CLI to end", () => ![...cli].some(isAlive));
});
