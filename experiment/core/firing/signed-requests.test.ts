import { expect, test } from "vitest";
import { fireAt } from "../../../test/fire-at.ts";
import { answerPlainly, startServer } from "../../../test/http-server.ts";
import type { Observation } from "../record-lines.ts";
import type { SignRequest } from "../target.ts";

/** Signs with the body itself, so that a server sees whether it is the right one. */
const signWithBody: SignRequest = async ({ headers, body }) => {
  return { ...headers, authorization: Buffer.from(body).toString("base64") };
};

test("each request is signed, the burst before the shot and the others when it is their turn", async () => {
  const server = await startServer(answerPlainly);
  const signedAt: number[] = [];
  const { observations, shotAt } = await fireAt(server.url, 3, 7, {
    sign: (request) => {
      signedAt.push(performance.now());
      return signWithBody(request);
    },
  });
  expect(observations.map(({ outcome }) => outcome)).toEqual(Array(7).fill("ok"));
  for (const { headers, body } of server.requests) {
    expect(Buffer.from(headers.authorization ?? "", "base64").toString()).toBe(body);
    expect(headers["content-type"]).toBe("application/json");
  }
  expect(signedAt.filter((at) => at < shotAt)).toHaveLength(3);
  expect(signedAt).toHaveLength(7);
});

test("a burst that cannot be signed is not fired, and the reason is said", async () => {
  const server = await startServer(answerPlainly);
  const sign = () => Promise.reject(new Error("the token has expired"));
  const failure = await fireAt(server.url, 2, 2, { sign }).catch((error: unknown) => error);
  expect(failure).toMatchObject({
    kind: "request not signed",
    facts: { why: "the token has expired" },
  });
  expect(server.requests).toEqual([]);
});

test("when a later request cannot be signed nothing more is sent, and the reason is on each", async () => {
  const server = await startServer(answerPlainly);
  let signed = 0;
  const { observations } = await fireAt(server.url, 1, 1_000, {
    sign: (request) => {
      signed += 1;
      return signed === 4 ? Promise.reject(new Error("no network")) : signWithBody(request);
    },
  });
  expect(observations.map(({ outcome }) => outcome)).toEqual([
    ...Array(3).fill("ok"),
    "failed",
    ...Array(996).fill("aborted"),
  ]);
  for (const { message, sentAt } of observations.slice(3)) {
    expect(message).toMatch(/could not be signed: no network/);
    expect(sentAt).toBeUndefined();
  }
  expect(signed).toBe(4);
  expect(server.requests).toHaveLength(3);
});

test("stopping while a later request is being signed leaves it unsent", async () => {
  const server = await startServer(answerPlainly);
  const stop = new AbortController();
  const observations: Observation[] = [];
  let signed = 0;
  await fireAt(server.url, 1, 3, {
    signal: stop.signal,
    onObservation: (observation) => observations.push(observation),
    sign: async (request) => {
      signed += 1;
      if (signed === 2) stop.abort();
      return signWithBody(request);
    },
  });
  expect(observations.map(({ outcome }) => outcome)).toEqual(["ok", "aborted", "aborted"]);
  expect(server.requests).toHaveLength(1);
});
