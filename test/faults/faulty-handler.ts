/** This project's handler, gone wrong: the client's name says in which way. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { bundleHandler } from "../../basics/bundle.ts";
import type { Model } from "../../basics/models.ts";
import { codeFor } from "../embedded-lambda.ts";

/** By the client's name, what happens instead of an answer, or besides it. */
const FAULTS = `
  throws() {
    throw new Error("it broke\\nin two lines");
  },
  async rejects() {
    await wait(10);
    throw new TypeError("it was rejected");
  },
  exits() {
    process.exit(3);
  },
  quits() {
    process.exit(0);
  },
  dies() {
    process.kill(process.pid, "SIGKILL");
    return wait(60_000);
  },
  hoards() {
    const hoard = [];
    for (;;) hoard.push(new Array(1_000_000).fill({ hoard }));
  },
  blocks() {
    for (;;);
  },
  forgets() {
    return new Promise(() => {});
  },
  waits() {
    setInterval(() => {}, 1_000);
    return new Promise(() => {});
  },
  bigint: () => ({ counter: 1n }),
  circular: () => Object.assign(circle, { circle }),
  nothing: () => undefined,
  large: () => "x".repeat(7 * 1024 * 1024),
  status: () => ({ statusCode: "fine" }),
  header: () => ({ statusCode: 200, headers: { "x-broken": "in two\\nlines" }, body: "{}" }),
  async transfer(event, context) {
    const headers = { connection: "close", "transfer-encoding": "chunked", "content-length": "9" };
    const { body } = await good(event, context);
    return { statusCode: 200, headers, body };
  },
  async regrets(event, context) {
    const answer = await good(event, context);
    setTimeout(() => Promise.reject(new Error("it came too late")), 300);
    return answer;
  },
  async twice(event, context) {
    const answer = await good(event, context);
    const { AWS_LAMBDA_RUNTIME_API: api } = process.env;
    if (!api) return answer;
    const path = "/2018-06-01/runtime/invocation/" + context.awsRequestId + "/response";
    await fetch("http://" + api + path, { method: "POST", body: JSON.stringify(answer) });
    return "another answer, which is nobody's";
  },
  async floods(event, context) {
    process.on("SIGTERM", () => {});
    for (let line = 0; line < 1_000; line++) console.log("z".repeat(300));
    const lines = ("x".repeat(999) + "\\n").repeat(1_000);
    for (let written = 0; written < 40; written++) {
      if (!process.stdout.write(written % 2 ? lines : lines.replaceAll("\\n", "y"))) await wait(1);
    }
    return good(event, context);
  },`;

/** Arguments for the code. */
export async function faultyCode(model: Model = "on-demand"): Promise<string[]> {
  return codeArguments(
    model,
    `
    import { handler as good } from "./good.mjs";
    const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    const circle = {};
    const FAULTS = {${FAULTS}
    };
    export const handler = async (event, context) => {
      const { client } = JSON.parse(event.body);
      return (FAULTS[client] ?? good)(event, context);
    };`,
  );
}

/**
 * Arguments for a module of the test's own, which exports a handler, beside `good.mjs`, which is this
 * project's. For a Web Function there is a server around it.
 */
export async function codeArguments(model: Model, source: string): Promise<string[]> {
  const { root, handler } = codeFor(model, source);
  writeFileSync(join(root, "good.mjs"), await bundleHandler());
  return ["--model", model, "--code", root, "--handler", handler];
}
