import { expect, test } from "vitest";
import type { Observation } from "../../experiment/core/record-lines.ts";
import { openScreen, recordIn } from "../screen/open-screen.ts";
import { KEYS } from "../screen/terminal.ts";
import { faultyCode } from "./faulty-handler.ts";
import { startLambdaAlone } from "./handler-experiment.ts";

test("a runtime that exits is started again in its environment, which the screen calls restarted", async () => {
  const lambda = await startLambdaAlone("--code", await faultyCode());
  const sizes = ["--concurrency", "1", "--requests", "3", "--runs", "1", "--hold", "100ms"];
  const { terminal, data } = await openScreen({
    args: ["--clients", "Ana,exits,Bo", ...sizes],
    target: lambda.url,
    columns: 120,
  });
  terminal.press(KEYS.enter);
  const text = await terminal.shows(/INCONCLUSIVE[\s\S]*1 environment served 2 requests/);
  expect(text).toMatch(/^ +1 +[0-9a-f]{4} +restarted /m);
  expect(text).toMatch(/^ failed +exits +502 Internal Server Error \(Runtime\.ExitError: /m);
  const seen = recordIn(data).filter((line): line is Observation => line.type === "observation");
  expect(seen.map(({ outcome }) => outcome)).toEqual(["ok", "failed", "ok"]);
  expect(seen[1]?.message).toMatch(/Runtime exited with error: exit status 3\): the function fail/);
  const [before, after] = [seen[0]?.response?.environment, seen[2]?.response?.environment];
  expect(after?.id).toBe(before?.id);
  expect(after?.instance).not.toBe(before?.instance);
  expect(after?.pid).not.toBe(before?.pid);
  expect(after?.coldStart).toBe(true);
});
