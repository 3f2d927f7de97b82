import { expect, test } from "vitest";
import { MAX_CLIENT_LENGTH, MAX_REMEMBERED_CLIENTS } from "../../../handler/contract.ts";
import { fireAt } from "../../../test/fire-at.ts";
import { startServer } from "../../../test/http-server.ts";

test.each(["\u0001", "😀", "\ud800"])(
  "the largest answer of names of %j is read",
  async (letter) => {
    const client = letter.repeat(MAX_CLIENT_LENGTH);
    const clients: string[] = Array(MAX_REMEMBERED_CLIENTS).fill(client);
    const globalData = { counter: 10_000, client, clients, dropped: 9_000 };
    const server = await startServer((_, response) => {
      response.end(JSON.stringify({ client, globalData, message: "ok" }));
    });
    const { observations } = await fireAt(server.url, 1, 1);
    expect(observations[0]?.response?.globalData).toEqual(globalData);
  },
);

test.each<[string, string | undefined, string | undefined]>([
  ["is recorded", "2026/01/01/[1]ab", "2026/01/01/[1]ab"],
  ["of no length is none", "", undefined],
  ["longer than any is none", "s".repeat(513), undefined],
  ["may be missing", undefined, undefined],
])("the log stream that a head names %s", async (_, named, recorded) => {
  const server = await startServer((_, response) => {
    if (named !== undefined) response.setHeader("lambda-web-logstream", named);
    response.setHeader("lambda-web-request-id", "r-1");
    response.statusCode = 500;
    response.end();
  });
  const { observations } = await fireAt(server.url, 1, 1);
  expect(observations[0]?.logStream).toBe(recorded);
  expect(observations[0]?.requestId).toBe("r-1");
});
