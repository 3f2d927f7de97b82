import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import type { Answer } from "../../handler/contract.ts";
import { FunctionUrl } from "../../local-lambda/function-url/function-url-server.ts";
import type { InvocationResult } from "../../local-lambda/invocation.ts";
import { inputs } from "../effort.ts";
import { startLambda } from "../embedded-lambda.ts";
import { anyBytes, damaged, FUZZ } from "./inputs.ts";
import { exchange, openConnection, requestText } from "./raw-http.ts";

const BODY = JSON.stringify({ client: "Ana", holdMs: 0, steps: 1 });
const VALID = requestText("/?a=b", { "content-type": "application/json" }, BODY);
const CHUNKED = VALID.replace(/content-length: \d+/, "transfer-encoding: chunked").replace(
  BODY,
  `${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\nx-trailer: a\r\n\r\n`,
);
const SMUGGLED = VALID.replace("\r\n\r\n", "\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n");

const headerName = fc.constantFrom(
  ...["host", "content-length", "transfer-encoding", "connection", "expect", "upgrade", "te"],
  ...["trailer", "cookie", "content-type", "keep-alive", "proxy-connection", "x-any", "__proto__"],
);
const headerValue = fc.oneof(
  fc.constantFrom("", "chunked", "100-continue", "h2c", "upgrade", "close", "-1", "9".repeat(20)),
  fc.string({ unit: "binary-ascii", maxLength: 20 }),
);
/** Not HEAD, whose answer has no body to read the counter in. */
const method = fc.constantFrom("GET", "PUT", "OPTIONS", "CONNECT", "TRACE", "PRI", "post", "");
const target = fc.constantFrom("*", "", "?", "//", "/%", "http://evil/", "evil:80", "/\ud800");

/** Requests with one more header, another method or target, and bytes of all kinds. */
const attempts = fc.oneof(
  fc.constantFrom(VALID, CHUNKED, SMUGGLED).chain(damaged),
  fc
    .dictionary(headerName, headerValue, { noNullPrototype: true })
    .map((headers) => Buffer.from(requestText("/", headers, BODY), "latin1")),
  fc
    .tuple(method, target)
    .map(([by, at]) => Buffer.from(VALID.replace("POST /?a=b", `${by} ${at}`))),
  anyBytes,
);

/** A front before a real pool, and the counters that accepted invocations left, by instance. */
async function startObserved(model: "on-demand" | "web-function") {
  const lambda = await startLambda({ model, maxHoldMs: 1 });
  const counters = new Map<string, number[]>();
  const observe = (result: InvocationResult): InvocationResult => {
    const text =
      result.kind === "response"
        ? (JSON.parse(result.body.toString()) as { body: string }).body
        : result.kind === "http"
          ? result.response.body.toString()
          : "{}";
    const { environment, invocation } = JSON.parse(text || "{}") as Partial<Answer>;
    if (environment && invocation) {
      const its = counters.get(environment.instance) ?? [];
      counters.set(environment.instance, [...its, invocation.onEntry.counter]);
    }
    return result;
  };
  const front = new FunctionUrl(async (request) => observe(await lambda.pool.invoke(request)));
  onTestFinished(() => front.close());
  return { url: await front.listen(0), counters };
}

/** What the front may say: an answer of the handler, or a refusal; never that anything failed. */
const SAID = /^HTTP\/1\.1 (100|200|400|403|405|408|413|417|429|431|501|505) /;

test.each(["on-demand", "web-function"] as const)(
  "whatever comes over a connection to %s, the next request is served, and what is refused touches no global",
  async (model) => {
    const { url, counters } = await startObserved(model);
    await fc.assert(
      fc.asyncProperty(attempts, async (bytes) => {
        const { socket, received, closed } = await openConnection(url);
        socket.write(bytes);
        const answered = new Promise((resolve) => socket.once("data", resolve));
        const next = exchange(url, VALID);
        await Promise.race([closed, answered, next]);
        // It may wait for more, which does not come.
        socket.end();
        expect(await next).toMatch(/^HTTP\/1\.1 200 [^{]*\{"client":"Ana","globalData"/);
        await closed;
        if (received() !== "") expect(received()).toMatch(SAID);
      }),
      { ...FUZZ, numRuns: inputs(250, 5_000) },
    );
    for (const its of counters.values()) {
      expect(its.toSorted((a, b) => a - b)).toEqual(its.map((_, index) => index + 1));
    }
  },
);
