import type { ServerResponse } from "node:http";
import { expect, test } from "vitest";
import { outputsOf, pathWithPulumi, scriptOf } from "../pulumi.ts";
import { expectFaults, fireOnce } from "./answers-experiment.ts";
import { type Fault, type Faults, refusal, startFaultyServer } from "./answers-server.ts";

const EXPIRED = "Signature expired: 20260101T000000Z is now earlier than 20260101T001000Z";
const EARLY = "Signature not yet current: 20260101T001000Z is still later than 20260101T000000Z";
const MISMATCH = "The request signature we calculated does not match the signature you provided.";
const MINUTE_MS = 60_000;

const faults: Faults = {
  Unpermitted: refusal(
    403,
    { Message: "Forbidden. For troubleshooting see: https://docs.aws.amazon.com/" },
    /^403 Forbidden\..*: the identity lacks lambda:InvokeFunctionUrl or lambda:InvokeFunction .*callerPolicy/,
  ),
  Behind: refusal(
    403,
    { message: EXPIRED },
    /^403 Signature expired: .*: this machine's clock is about 15 min behind the service's; set it$/,
    -15 * MINUTE_MS,
  ),
  Ahead: refusal(
    403,
    { message: EARLY },
    /^403 Signature not yet .*: this machine's clock is about 11 min ahead of the service's; set it$/,
    11 * MINUTE_MS,
  ),
  WrongSecret: refusal(
    403,
    { message: MISMATCH },
    /: the secret key is not that of the access key$/,
  ),
  SignedOut: refusal(
    403,
    { message: "The security token included in the request is expired" },
    /^403 The security token .*: sign in again, such as with aws sso login, and fire again$/,
  ),
  NoHttp: {
    serve: (response) => response.socket?.end("SSH-2.0-OpenSSH_9.2\r\n"),
    outcome: "failed",
    message: /^the target broke the rules of HTTP before it answered \(.+\)$/,
  },
  ControlInHead: refusedHead("x-fault: a\u0001b"),
  NameInHead: refusedHead("x fault: a"),
  HugeHead: {
    serve: (response) => response.setHeader("x-huge", "x".repeat(100_000)).end(),
    outcome: "failed",
    message: /^the target sent too large a head before it answered \(.+\)$/,
  },
  Short: {
    serve: (response) => {
      response.writeHead(200, { "content-length": 1_000 });
      response.write("{}", () => response.socket?.end());
    },
    outcome: "failed",
    status: 200,
    message: /^the target closed the connection in the middle of its 200 \(.+\)$/,
  },
  Silent: { serve: () => {}, outcome: "timed out" },
  HeadOnly: {
    serve: (response) => response.writeHead(200).flushHeaders(),
    outcome: "timed out",
    status: 200,
    message: /^an answer of 200 began, and its body did not end$/,
    isLambda: true,
  },
  Dripping: {
    serve: drip,
    outcome: "timed out",
    status: 200,
    message: /^an answer of 200 began, and its body did not end$/,
  },
};

/** An answer whose head has a line that HTTP does not allow. */
function refusedHead(line: string): Fault {
  const head = `HTTP/1.1 200 OK\r\ncontent-length: 2\r\n${line}\r\n\r\n`;
  return {
    serve: (response) => response.socket?.end(`${head}{}`),
    outcome: "failed",
    message: /^the target broke the rules of HTTP before it answered$/,
  };
}

/** White space for ever, as JSON allows before it begins. */
function drip(response: ServerResponse): void {
  const timer = setInterval(() => response.write(" "), 100);
  response.on("close", () => clearInterval(timer));
}

test("who never answers is given up in time, and a refused signature is explained", async () => {
  const server = await startFaultyServer(faults);
  const outputs = { ...outputsOf(server.url.href), urlAuthorization: "AWS_IAM" };
  const clients = Object.keys(faults);
  const args = ["--target", "stack", "--clients", clients.join()];
  const seen = await fireOnce(args, {
    PATH: pathWithPulumi(scriptOf({ ...outputs, reservedConcurrency: 100 })),
    AWS_ACCESS_KEY_ID: "AKIAIOSFODNN7EXAMPLE",
    AWS_SECRET_ACCESS_KEY: "a secret of no account",
  });
  expectFaults(faults, seen);
  expect(server.requests).toHaveLength(clients.length);
  expect(server.requests.every(({ headers }) => /^AWS4-/.test(headers.authorization ?? ""))).toBe(
    true,
  );
  // A stack's requests are given up 15 s, and 10 ms for each beside it, after their hold.
  const givenUp = 100 + 15_000 + 10 * clients.length;
  for (const { outcome, sentAt = 0, answeredAt = 0 } of seen.observations) {
    if (outcome === "timed out") expect(answeredAt - sentAt).toBeGreaterThanOrEqual(givenUp - 5);
  }
  expect(seen.code).toBe(3);
  expect(seen.stdout).toMatch(/^INCONCLUSIVE {2}No request was answered: .*failed/m);
});
