import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { ExperimentError } from "../../experiment/core/errors.ts";
import { crossCheck } from "../../experiment/cross-check.ts";
import { openSigner, standardCredentials } from "../../experiment/targets/aws-credentials.ts";
import { answerPlainly, startServer } from "../http-server.ts";
import { descendantsOf, isAlive, start, temporaryFolder } from "../processes.ts";
import { outputsOf, pathWithPulumi, scriptOf } from "../pulumi.ts";
import { burst, recordLines, writeRecord } from "../report/records.ts";
import { waitUntil } from "../wait-until.ts";

/** A profile whose credentials a program is asked for that never has them; it ends with the test. */
function profileThatHangs(): Record<string, string> {
  const folder = temporaryFolder();
  const [program, pids, config] = ["hangs.cjs", "pids", "config"].map((name) =>
    join(folder, name),
  ) as [string, string, string];
  writeFileSync(pids, "");
  writeFileSync(
    program,
    `require("node:fs").appendFileSync(${JSON.stringify(pids)}, process.pid + "\\n");
     setInterval(() => {}, 1_000);`,
  );
  writeFileSync(config, `[profile hangs]\ncredential_process = ${process.execPath} ${program}\n`);
  onTestFinished(async () => {
    const started = readFileSync(pids, "utf8").split("\n").filter(Boolean).map(Number);
    for (const pid of started.filter(isAlive)) process.kill(pid, "SIGKILL");
    await waitUntil("the program to end", () => !started.some(isAlive));
  });
  return { AWS_CONFIG_FILE: config, AWS_PROFILE: "hangs", AWS_EC2_METADATA_DISABLED: "true" };
}

function stub(env: Record<string, string>): void {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  onTestFinished(() => void vi.unstubAllEnvs());
}

async function failureOf(promise: Promise<unknown>): Promise<ExperimentError> {
  const failure = await promise.catch((error: unknown) => error);
  if (failure instanceof ExperimentError) return failure;
  throw new Error(`No failure for the user but ${failure}`);
}

test("credentials that do not come are waited for so long and no longer", async () => {
  stub(profileThatHangs());
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
  const said: string[] = [];
  const credentials = standardCredentials({ onWait: (words) => said.push(words) });
  const url = new URL("http://127.0.0.1/");
  const opening = failureOf(openSigner(url, "eu-west-1", credentials, 1_000));
  await vi.advanceTimersByTimeAsync(120_000);
  expect(await opening).toMatchObject({
    kind: "no AWS credentials in time",
    facts: { waitedMs: 120_000 },
  });
  expect(said).toEqual(["Waiting for AWS credentials …"]);
});

test("it is said that AWS credentials are waited for, and a signal ends the waiting", async () => {
  const { url, requests } = await startServer(answerPlainly);
  const outputs = { ...outputsOf(url.href), urlAuthorization: "AWS_IAM" };
  const run = start(
    "experiment/command/run-experiment.ts",
    ["--target", "stack", "--hold", "100ms"],
    {
      ...profileThatHangs(),
      LAMBDA_CONCURRENCY_TEST_DATA: temporaryFolder(),
      PATH: pathWithPulumi(scriptOf(outputs)),
    },
  );
  await waitUntil("the words", () => run.stderr() === "Waiting for AWS credentials …\n");
  const helpers = descendantsOf(run.child.pid ?? 0);
  expect(helpers.length).toBeGreaterThan(0);
  run.child.kill("SIGTERM");
  // Its output is held open by who was asked for credentials.
  await waitUntil("the end", () => run.child.exitCode !== null);
  expect(run.child.exitCode).toBe(130);
  expect(run.stderr()).toBe("Waiting for AWS credentials …\n");
  expect(requests).toEqual([]);
});

test("a log service that takes connections and never answers is waited for until a signal comes", async () => {
  const listener = createServer();
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const sockets = new Set<{ destroy: () => void }>();
  listener.on("connection", (socket) => sockets.add(socket.on("error", () => {})));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => void listener.close(() => resolve(undefined)));
  });
  const { port } = listener.address() as { port: number };
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
