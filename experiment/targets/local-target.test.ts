import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { codeFor, codeOf, MEETING, meet, pidOf } from "../../test/embedded-lambda.ts";
import { isAlive } from "../../test/processes.ts";
import { waitUntil } from "../../test/wait-until.ts";
import { answerSchema } from "../core/firing/answers.ts";
import type { Target } from "../core/target.ts";
import { openLocalTarget } from "./local-target.ts";
import { parseTarget } from "./open-target.ts";

async function ask({ url }: Target, client: string, holdMs = 20) {
  const body = JSON.stringify({ client, holdMs });
  const response = await fetch(url, { method: "POST", body });
  return answerSchema.parse(await response.json());
}

/** A line may come later than the answer: a worker thread prints through the main thread. */
async function untilLogged(target: Target, environment: string, text: string, count: number) {
  await waitUntil(`${count} lines with ${text}`, async () => {
    const lines = (await target.logs?.(environment)) ?? [];
    return lines.filter((line) => line.includes(text)).length === count;
  });
}

test("the local target serves, tells what an environment logged, and can make all cold", async () => {
  const target = await openLocalTarget({ memoryMb: 256 });
  onTestFinished(() => target.close());
  expect(target.description).toMatchObject({
    kind: "local",
    model: "on-demand",
    deployment: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  const first = await ask(target, "Ana");
  expect(first.environment?.memoryMb).toBe(256);
  await untilLogged(target, first.environment?.id ?? "", '"client":"Ana"', 5);
  await target.recycle?.();
  expect((await ask(target, "Bo")).environment?.coldStart).toBe(true);
  await target.close();
  expect(isAlive(pidOf(first))).toBe(false);
});

test.each([
  ["managed-instances", { environments: 1, workers: 1 }, "lambda-managed-instances"],
  ["web-function", { maxConcurrency: 2 }, "native-http"],
] as const)("a %s target of %j lets requests share a process", async (model, sizes, type) => {
  const target = await openLocalTarget({ model, ...sizes, code: codeFor(model, MEETING) });
  onTestFinished(() => target.close());
  expect(target.description).toMatchObject({ kind: "local", model });
  const met = await meet(target, 2);
  const shared = { ...met[0], initializationType: type, counter: 2 };
  expect(met).toEqual([shared, shared]);
  await untilLogged(target, shared.environment ?? "", "entered", 2);
  await target.recycle?.();
  const after = await meet(target, 1);
  expect(after).toMatchObject([{ counter: 1 }]);
  await target.close();
  for (const { pid } of [...met, ...after]) expect(isAlive(pid)).toBe(false);
});

test("what it serves is one code: after an edit it has ended, and says why", async () => {
  const code = codeOf("export const handler = async () => 1;");
  const target = await openLocalTarget({ code });
  onTestFinished(() => target.close());
  expect(await (await fetch(target.url)).text()).toBe("1");
  expect(await target.explainEnd?.()).toBeUndefined();
  writeFileSync(join(code.root, "index.mjs"), "export const handler = async () => 2;");
  await expect(fetch(target.url)).rejects.toThrow("fetch failed");
  expect(await target.explainEnd?.()).toMatchObject({
    kind: "embedded Lambda ended",
    facts: { why: `The code in ${code.root} changed (index.mjs).` },
  });
  expect(target.isGone?.()).toBe(true);
});

test("more environments beforehand than fit are refused before anything is started", async () => {
  const opening = openLocalTarget({
    model: "managed-instances",
    environments: 1_000,
    workers: 256,
  });
  await expect(opening).rejects.toMatchObject({
    kind: "embedded Lambda too large",
    facts: { what: "1,000 environments of 256 worker threads each" },
  });
});

test.each([
  ["ftp://example.org/", /is no target/],
  ["LOCAL", /is no target/],
  ["https://ana:secret@example.org/", /user name or a password/],
])("%s is no target, and the message does not repeat a password", (text, message) => {
  const choice = parseTarget(text, "on-demand");
  expect(choice).toMatch(message);
  expect(choice).not.toMatch(/secret/);
});

test("a URL keeps its path and query", () => {
  const choice = parseTarget("https://example.org/a?b=c#d", "on-demand");
  expect(choice).toEqual({ kind: "url", url: new URL("https://example.org/a?b=c") });
});
