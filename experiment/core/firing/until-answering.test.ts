import type { ServerResponse } from "node:http";
import { expect, test } from "vitest";
import { CLOSED, startServer } from "../../../test/http-server.ts";
import { untilAnswering } from "./until-answering.ts";

/** A server that answers with these statuses, one after the other, and then with the last. */
async function serverOf(...statuses: number[]) {
  let next = 0;
  return startServer((_, response: ServerResponse) => {
    response.statusCode = statuses[Math.min(next++, statuses.length - 1)] ?? 500;
    response.end(JSON.stringify({ message: "client is missing" }));
  });
}

const asking = (url: URL, limitMs = 60_000, signal = new AbortController().signal) =>
  untilAnswering({ url, sign: undefined, limitMs, signal });

test("a function that answers at once is asked once, for what it refuses", async () => {
  const server = await serverOf(400);
  expect(await asking(server.url)).toEqual({ answers: true, ms: 0 });
  expect(server.requests.map(({ method, body }) => [method, body])).toEqual([["POST", "{}"]]);
});

test.each([503, 429])("one that answers %d is asked again until it does not", async (status) => {
  const server = await serverOf(status, 400);
  const { answers, ms } = await asking(server.url);
  expect(answers).toBe(true);
  expect(ms).toBeGreaterThan(900);
  expect(server.requests).toHaveLength(2);
});

test.each([200, 403, 404])("what %d means is for the run to say", async (status) => {
  const server = await serverOf(status);
  expect(await asking(server.url)).toEqual({ answers: true, ms: 0 });
  expect(server.requests).toHaveLength(1);
});

test("past the limit it says what was wrong at last", async () => {
  const server = await serverOf(500);
  const waited = await asking(server.url, 0);
  expect(waited).toMatchObject({ answers: false, why: "500 client is missing" });
  expect(server.requests).toHaveLength(1);
});

test("each try is signed anew", async () => {
  const server = await serverOf(503, 400);
  let signed = 0;
  const sign = async ({ headers }: { headers: Readonly<Record<string, string>> }) => {
    signed += 1;
    return { ...headers, authorization: `${signed}` };
  };
  const { signal } = new AbortController();
  await untilAnswering({ url: server.url, sign, limitMs: 60_000, signal });
  expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(["1", "2"]);
});

test("what cannot be signed is a failure of that kind, and no bug", async () => {
  const sign = () => Promise.reject(new Error("Token is expired"));
  const { signal } = new AbortController();
  await expect(untilAnswering({ url: CLOSED, sign, limitMs: 1_000, signal })).rejects.toMatchObject(
    {
      kind: "request not signed",
      facts: { why: "Token is expired" },
    },
  );
});

test("a function is asked over the connection that was opened to it", async () => {
  const server = await serverOf(503, 400);
  expect(await asking(server.url)).toMatchObject({ answers: true });
  expect(server.connections()).toBe(2);
});

test("a host that takes no connection is waited for no longer", async () => {
  await expect(asking(CLOSED)).rejects.toMatchObject({ kind: "connection not opened" });
});

test.each<[string, (response: ServerResponse, stop: () => void) => void]>([
  ["during a try", (_, stop) => stop()],
  [
    "in a pause",
    (response, stop) => {
      // The try is over once its connection is closed.
      response.socket?.once("close", stop);
      response.writeHead(503).end();
    },
  ],
])("a signal ends the waiting %s", async (_, serve) => {
  const stop = new AbortController();
  const server = await startServer((_, response) => serve(response, () => stop.abort()));
  await expect(asking(server.url, 60_000, stop.signal)).rejects.toThrow(/abort/);
  expect(server.requests).toHaveLength(1);
});
