import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { createServer } from "node:net";
import { Worker } from "node:worker_threads";
import { expect, onTestFinished, test } from "vitest";
import { fireAt } from "../../../test/fire-at.ts";
import {
  answerPlainly,
  CLOSED,
  listen,
  type SeenRequest,
  startServer,
} from "../../../test/http-server.ts";
import type { Observation } from "../record-lines.ts";

test("each request carries its client, hold and steps, and ends in one observation", async () => {
  const server = await startServer(answerPlainly);
  const { observations } = await fireAt(server.url, 5, 5);
  expect(observations.map(({ index }) => index).sort()).toEqual([0, 1, 2, 3, 4]);
  for (const { client, index, outcome, status, requestId, response } of observations) {
    expect({ client, outcome, status }).toEqual({
      client: ["Ana", "Bo", "Cy", "Ana", "Bo"][index],
      outcome: "ok",
      status: 200,
    });
    expect(requestId).toBe(`id of ${client}`);
    expect(response?.client).toBe(client);
  }
  const [request] = server.requests;
  expect(request?.method).toBe("POST");
  expect(request?.headers["content-type"]).toBe("application/json");
  expect(JSON.parse(request?.body ?? "")).toMatchObject({ holdMs: 100, steps: 5 });
});

test("nothing reaches the target before the shot, then a burst on connections of its own", async () => {
  const server = await startServer((request, response) => {
    answerWhenAll(server.requests, 50, request, response);
  });
  const { observations, shotAt } = await fireAt(server.url, 50, 50);
  expect(observations.filter(({ outcome }) => outcome === "ok")).toHaveLength(50);
  expect(server.requests.filter(({ arrivedAt }) => arrivedAt < shotAt)).toEqual([]);
  expect(new Set(server.requests.map(({ connection }) => connection)).size).toBe(50);
});

const held: (() => void)[] = [];
/** Answers nobody before `count` have arrived: only requests in flight at once ever end. */
function answerWhenAll(
  seen: readonly unknown[],
  count: number,
  request: SeenRequest,
  response: ServerResponse,
): void {
  held.push(() => answerPlainly(request, response));
  if (seen.length === count) for (const answer of held.splice(0)) answer();
}

test("requests beyond the concurrency follow as slots free up, never more at once", async () => {
  let inFlight = 0;
  let peak = 0;
  const server = await startServer((request, response) => {
    inFlight += 1;
    peak = Math.max(peak, inFlight);
    setTimeout(() => {
      inFlight -= 1;
      answerPlainly(request, response);
    }, 5);
  });
  const { observations } = await fireAt(server.url, 4, 40);
  expect(observations.filter(({ outcome }) => outcome === "ok")).toHaveLength(40);
  expect(new Set(observations.map(({ index }) => index)).size).toBe(40);
  expect(peak).toBe(4);
  expect(server.connections()).toBe(4);
});

test("a part fires its own requests alone, as its slots free up, and is named in each", async () => {
  const server = await startServer(answerPlainly);
  const { observations } = await fireAt(server.url, 5, 12, { part: { number: 2, of: 3 } });
  expect(observations.map(({ index, client, runner }) => [index, client, runner]).sort()).toEqual(
    [10, 1, 4, 7].map((index) => [index, ["Ana", "Bo", "Cy"][index % 3], "2/3"]).sort(),
  );
  expect(server.connections()).toBe(2);
});

test("a shot waits for its instant, armed, and one that is stopped meanwhile sends nothing", async () => {
  const server = await startServer(answerPlainly);
  const at = Date.now() + 700;
  let connections = 0;
  let shotAt = 0;
  const onShot = () => {
    shotAt = Date.now();
    connections = server.connections();
  };
  await fireAt(server.url, 3, 3, { at, onShot });
  expect(shotAt).toBeGreaterThanOrEqual(at);
  expect(connections).toBe(3);
  const stop = new AbortController();
  const stopped = fireAt(server.url, 3, 3, { at: Date.now() + 60_000, signal: stop.signal });
  setTimeout(() => stop.abort(), 300);
  await expect(stopped).rejects.toThrow();
  expect(server.requests).toHaveLength(3);
});

test("a connection that the target closes is opened again, and its next request is no retry", async () => {
  const server = await startServer((request, response) => {
    response.setHeader("connection", "close");
    answerPlainly(request, response);
  });
  const { observations } = await fireAt(server.url, 2, 6);
  expect(observations.map(({ outcome }) => outcome)).toEqual(Array(6).fill("ok"));
  expect(server.requests).toHaveLength(6);
});

test("a request without an answer is timed out, counted from the shot", async () => {
  const server = await startServer((request, response) => {
    if (JSON.parse(request.body).client !== "Bo") answerPlainly(request, response);
  });
  const { observations } = await fireAt(server.url, 3, 3, { timeoutMs: 300 });
  const silent = observations.find(({ client }) => client === "Bo");
  expect(silent?.outcome).toBe("timed out");
  expect(silent?.answeredAt).toBeGreaterThanOrEqual(295);
  expect(observations.filter(({ outcome }) => outcome === "ok")).toHaveLength(2);
});

test("an answer that came in time counts, although this process was stopped when it did", async () => {
  const url = await startApart();
  const { observations } = await fireAt(url, 3, 3, {
    timeoutMs: 300,
    onShot: () => {
      // Nothing is read until long after the time is up; the answers are there by then.
      setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000));
    },
  });
  expect(observations.map(({ outcome }) => outcome)).toEqual(["ok", "ok", "ok"]);
});

test("stopping observes what was in flight and what was never sent as aborted", async () => {
  const stop = new AbortController();
  const observations: Observation[] = [];
  const server = await startServer((request, response) => {
    if (server.requests.length <= 3) answerPlainly(request, response);
  });
  await fireAt(server.url, 2, 10, {
    signal: stop.signal,
    onObservation: (observation) => {
      if (observations.push(observation) === 3) stop.abort();
    },
  });
  expect(observations).toHaveLength(10);
  const aborted = observations.filter(({ outcome }) => outcome === "aborted");
  expect(aborted).toHaveLength(7);
  expect(aborted.filter(({ sentAt }) => sentAt !== undefined).length).toBeLessThanOrEqual(2);
});

test("a target that closes idle connections fails the arming and gets no request", async () => {
  const received: string[] = [];
  let accepted = 0;
  const server = createServer((socket) => {
    accepted += 1;
    socket.on("error", () => {}).on("data", (bytes) => received.push(bytes.toString()));
    if (accepted <= 3) socket.end();
  });
  const url = new URL(`http://127.0.0.1:${await listen(server)}/`);
  const failure = await fireAt(url, 300, 300).catch((error: unknown) => error);
  expect(failure).toMatchObject({
    kind: "connection lost before the shot",
    facts: { why: expect.stringMatching(/^the target closed/) },
  });
  expect(received).toEqual([]);
});

test("an observation that cannot be taken ends the run: nothing more is sent or observed", async () => {
  const server = await startServer(answerPlainly);
  let observed = 0;
  const failing = fireAt(server.url, 3, 300, {
    onObservation: () => {
      observed += 1;
      if (observed === 5) throw new Error("disk full");
    },
  });
  await expect(failing).rejects.toThrow("disk full");
  expect(observed).toBe(5);
  expect(server.requests.length).toBeLessThan(20);
});

test("a target that is down fails the arming, with a next step and nothing sent", async () => {
  const failure = await fireAt(CLOSED, 3, 3).catch((error: unknown) => error);
  expect(failure).toMatchObject({
    kind: "connection not opened",
    facts: { host: CLOSED.host, opened: 0, wanted: 3, code: "ECONNREFUSED" },
  });
});

/** A server in a thread of its own, which answers while this one is stopped. */
async function startApart(): Promise<URL> {
  const thread = new Worker(
    `const { parentPort } = require("node:worker_threads");
     const body = JSON.stringify({
       client: "Ana", globalData: { counter: 1, client: "Ana", clients: ["Ana"] }, message: "ok",
     });
     const server = require("node:http").createServer((_, response) => response.end(body));
     server.listen(0, "127.0.0.1", () => parentPort.postMessage(server.address().port));`,
    { eval: true },
  );
  onTestFinished(async () => {
    await thread.terminate();
  });
  const [port] = await once(thread, "message");
  return new URL(`http://127.0.0.1:${port}/`);
}
