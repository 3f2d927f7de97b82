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

/** An answer as a Function URL gives it, whose date is so far from this machine's clock. */
function refuse(status: number, body: object, aheadMs = 0) {
  return startServer((_, response) => {
    response
      .writeHead(status, {
        "x-amzn-requestid": "1-2-3",
        date: new Date(Date.now() - aheadMs).toUTCString(),
      })
      .end(JSON.stringify(body));
  });
}

test.each<[string, number, object, number, RegExp]>([
  [
    "an expired token",
    403,
    { message: "The security token included in the request is expired" },
    0,
    /^403 The security token .* is expired: sign in again/,
  ],
  [
    "a clock that is behind",
    403,
    { message: "Signature expired: 1 is now earlier than 2 (3 - 5 min.)" },
    -900_000,
    /this machine's clock is about 15 min behind the service's; set it$/,
  ],
  [
    "a clock that is ahead",
    403,
    { message: "Signature not yet current: 2 is still later than 1" },
    660_000,
    /this machine's clock is about 11 min ahead of the service's; set it$/,
  ],
  [
    "a request that took too long",
    403,
    { message: "Signature expired: 1 is now earlier than 2 (3 - 5 min.)" },
    0,
    /: the request was on its way for more than five minutes$/,
  ],
  [
    "another 403",
    403,
    { message: "Credential should be scoped to a valid region." },
    0,
    /^403 Credential should be scoped to a valid region\.$/,
  ],
  [
    "a missing permission",
    403,
    { Message: "Forbidden. For troubleshooting see: https://docs.aws.amazon.com/" },
    0,
    /lacks lambda:InvokeFunctionUrl or lambda:InvokeFunction .*callerPolicy/,
  ],
  ["a function that failed", 502, { Message: "Internal Server Error" }, 0, /502 .*: the function/],
])("%s is explained behind the answer's own words", async (_, status, body, aheadMs, message) => {
  const server = await refuse(status, body, aheadMs);
  const { observations } = await fireAt(server.url, 1, 1, { sign: signWithBody });
  expect(observations[0]).toMatchObject({ outcome: "failed", status, requestId: "1-2-3" });
  expect(observations[0]?.message).toMatch(message);
});

test("an unsigned request that is refused is told that the URL wants signed ones", async () => {
  const server = await refuse(403, { Message: "Forbidden" });
  const { observations } = await fireAt(server.url, 1, 1);
  expect(observations[0]?.message).toMatch(/takes signed requests only \(fire at the stack/);
});

test("a 429 of Lambda is a throttle with its cause, and no failure", async () => {
  const server = await refuse(429, { message: "Rate Exceeded." });
  const { observations } = await fireAt(server.url, 1, 1);
  expect(observations[0]).toMatchObject({
    outcome: "throttled",
    message: "Rate Exceeded: the concurrency of the function or of the account is used up",
  });
  const silent = await startServer((_, response) => {
    response.writeHead(429, { "x-amzn-requestid": "1-2-3" }).end();
  });
  const [throttled] = (await fireAt(silent.url, 1, 1)).observations;
  expect(throttled?.message).toBe("the concurrency of the function or of the account is used up");
});
