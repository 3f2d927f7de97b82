import { expect, onTestFinished, test } from "vitest";
import { answerSchema } from "../../handler/answer.ts";
import { isAlive } from "../../test/processes.ts";
import { openLocalTarget } from "./local-target.ts";
import { parseTarget } from "./target-choice.ts";

test("the local target serves, tells what an environment logged, and can make all cold", async () => {
  const target = await openLocalTarget({ memoryMb: 256 });
  onTestFinished(() => target.close());
  expect(target.description).toMatchObject({
    kind: "local",
    model: "on-demand",
    deployment: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  const ask = async (client: string) => {
    const body = JSON.stringify({ client, holdMs: 20 });
    const response = await fetch(target.url, { method: "POST", body });
    return answerSchema.parse(await response.json());
  };
  const first = await ask("Ana");
  expect(first.environment?.memoryMb).toBe(256);
  const lines = (await target.logs?.(first.environment?.id ?? "")) ?? [];
  expect(lines.filter((line) => JSON.parse(line).client === "Ana")).toHaveLength(5);
  await target.recycle?.();
  expect((await ask("Bo")).environment?.coldStart).toBe(true);
  await target.close();
  expect(isAlive(first.environment?.pid ?? 0)).toBe(false);
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
