import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { meetFaults } from "./answers-experiment.ts";
import { encoded, type Fault, type Faults, nonsense, refusal } from "./answers-server.ts";

const PAGE = "<html>\n  <head><title>504 Gateway Time-out</title></head>\n</html>\n";

const faults: Faults = {
  Gzip: {
    ...encoded("gzip", gzipSync),
    outcome: "unreadable",
    message: /^the body is encoded \(gzip\), which was not asked for$/,
  },
  BadRequest: refusal(400, { message: "steps: must be a whole number" }, /^400 steps: must be a/),
  Forbidden: refusal(
    403,
    { Message: "Forbidden. See https://docs.aws.amazon.com/" },
    /^403 Forbidden\..*: the URL takes signed requests only \(fire at the stack, which signs them\)/,
  ),
  NotFound: refusal(
    404,
    { Message: null },
    /^404 there is no function .*deploy the function anew$/,
  ),
  TooLarge: refusal(413, { Message: "Too large" }, /^413 Too large: .* larger than the 6 MB/),
  Throttled: refusal(
    429,
    { Reason: "ReservedFunctionConcurrentInvocationLimitExceeded", message: "Rate Exceeded." },
    /^Rate Exceeded: the concurrency of the function or of the account is used up$/,
  ),
  Broken: refusal(500, { message: { toString: 1 } }, /^500 {"message".* or Lambda itself failed$/),
  Crashed: refusal(
    502,
    { Message: "Internal Server Error" },
    /^502 Internal .*: the function failed/,
  ),
  Unavailable: refusal(503, { message: null }, /^503 Lambda cannot serve the function/),
  Gateway: {
    serve: (response) => response.writeHead(504, { "content-type": "text/html" }).end(PAGE),
    outcome: "failed",
    status: 504,
    message: /^504 <html> <head><title>504 Gateway Time-out<\/title><\/head> <\/html>$/,
  },
  Page: nonsense("<html>\n<body>Welcome</body></html>", /^no JSON: <html> <body>Welcome/),
  Empty: nonsense("", /^the body is empty$/),
  Cut: nonsense(
    '{"client":"Cut","globalData":{"cou',
    /^JSON that is cut short or broken: {"client"/,
  ),
  Shapeless: nonsense(
    '{"client":"Shapeless","globalData":{"counter":"1"},"message":"ok"}',
    /^not the handler's answer: globalData\.counter is missing or not as it should be: {"client"/,
  ),
  ResetBefore: {
    serve: (response) => response.socket?.resetAndDestroy(),
    outcome: "failed",
    message: /^the target (reset|closed) the connection before it answered \(.+\)$/,
  },
  ResetDuring: {
    serve: (response) => {
      response.writeHead(200, { "content-length": 1_000 });
      response.write('{"client":', () => setImmediate(() => response.socket?.resetAndDestroy()));
    },
    outcome: "failed",
    status: 200,
    message: /^the target (reset|closed) the connection in the middle of its 200 \(.+\)$/,
  },
  ResetAfter: resetAfter(encoded("identity", (text) => Buffer.from(text))),
  Redirect: {
    serve: (response) => response.writeHead(302, { location: "/elsewhere" }).end(),
    outcome: "failed",
    status: 302,
    message: /^302 a redirect to \/elsewhere, which is not followed; fire at that address$/,
  },
};

/** Breaks the connection as soon as the whole answer is with the system. */
function resetAfter(fault: Fault): Fault {
  return {
    ...fault,
    serve: (response, request) => {
      response.on("finish", () => setImmediate(() => response.socket?.resetAndDestroy()));
      fault.serve(response, request);
    },
  };
}

test("what an answer lacks is said beside its client and recorded, and nothing is sent twice", async () => {
  const { stdout } = await meetFaults(faults);
  expect(stdout).toMatch(/^INCONCLUSIVE /m);
});
