import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { MODELS } from "../../local-lambda/function-configuration.ts";
import { ask, codeOf, post, startLambda } from "../embedded-lambda.ts";
import { descendantsOf } from "../processes.ts";
import { exchange, requestText } from "./raw-http.ts";

/** A handler that asks the port of its own environment, as another user of the machine could. */
const INTRUDER = `
  import { readFileSync } from "node:fs";
  export const handler = async ({ rawPath }, { awsRequestId }) => {
    if (rawPath === "/inside") return "served";
    const environ = readFileSync("/proc/self/environ", "utf8");
    const [, port, key] = /=127\\.0\\.0\\.1:(\\d+)\\/([\\w-]+)/.exec(environ);
    const { AWS_LAMBDA_RUNTIME_API: api, AWS_LAMBDA_HTTP_ENDPOINT: server } = process.env;
    const at = /:(\\d+)/.exec(api ?? server)[1];
    const invocation = "/2018-06-01/runtime/invocation/";
    const forge = { method: "POST", body: '"forged"' };
    const ask = async (path, init) => {
      const response = await fetch("http://127.0.0.1:" + at + path, init);
      return response.status + " " + await response.text();
    };
    const refused = [];
    for (const before of ["", "/", "/" + key.slice(1), "/" + "A".repeat(key.length), "/%00", "/é"]) {
      refused.push(await ask(before + invocation + "next"));
      refused.push(await ask(before + invocation + awsRequestId + "/response", forge));
      refused.push(await ask(before + invocation + awsRequestId + "/error", forge));
      refused.push(await ask(before + "/inside", forge));
    }
    return { key, refused, known: await ask("/" + key + "/inside", forge), env: process.env };
  };`;

test.each(MODELS)(
  "with %s only who knows the key of an environment's port is served there, and it is told to nobody",
  async (model) => {
    const lambda = await startLambda({ model, environments: 1, code: codeOf(INTRUDER) });
    const response = await post(lambda, {});
    expect(response.status).toBe(200);
    const { key, refused, known, env } = (await response.json()) as {
      key: string;
      refused: string[];
      known: string;
      env: Record<string, string>;
    };
    expect(Buffer.from(key, "base64url").length).toBeGreaterThanOrEqual(16);
    expect(refused).toHaveLength(24);
    for (const text of refused) {
      expect(text).toMatch(/^403 \{"message":"The path does not begin with the key of this port, /);
    }
    // The Runtime API has no such path, but it has looked.
    expect(known).toBe(model === "web-function" ? "200 served" : "404 ");
    if (model === "web-function") expect(JSON.stringify(env)).not.toContain(key);
    else expect(env.AWS_LAMBDA_RUNTIME_API).toMatch(new RegExp(`^127\\.0\\.0\\.1:\\d+/${key}$`));

    const [environment = ""] = lambda.pool.registry.ids;
    expect(lambda.pool.registry.logOf(environment).join("\n")).not.toContain(key);
    for (const pid of descendantsOf(process.pid)) {
      expect(readFileSync(`/proc/${pid}/cmdline`, "utf8")).not.toContain(key);
    }
  },
);

test("what a web page of another machine sends reaches no handler, and a page of this one is served", async () => {
  const lambda = await startLambda({ model: "web-function" });
  const foreign = [
    { origin: "https://evil.example" },
    { origin: "https://evil.example", "sec-fetch-site": "same-origin" },
    { origin: "http://localhost.evil.example" },
    { origin: "http://localhost@evil.example" },
    { origin: "http://192.168.0.1:9000" },
    { origin: "null" },
    { origin: "file://" },
    { origin: "" },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "cross-site", referer: "https://evil.example/localhost" },
    { origin: "https://evil.example", referer: "http://localhost:3000/" },
  ];
  for (const headers of foreign) {
    expect(await exchange(lambda.url, requestText("/", headers))).toMatch(
      /^HTTP\/1.1 403 [\s\S]*\{"message":"The request comes from a web page of another machine, or /,
    );
  }
  expect(lambda.pool.registry.ids).toEqual([]);
  const own = [
    { origin: "http://localhost:3000", "sec-fetch-site": "cross-site" },
    { origin: "https://127.0.0.1" },
    { origin: "http://[::1]:5173" },
    { origin: "http://app.localhost:3000" },
    { "sec-fetch-site": "cross-site", referer: "http://localhost:3000/page" },
    { "sec-fetch-site": "none" },
    { "sec-fetch-site": "same-origin" },
  ];
  for (const headers of own) {
    expect(await exchange(lambda.url, requestText("/", headers))).toMatch(/^HTTP\/1.1 200 /);
  }
  expect((await ask(lambda, "Ana")).globalData.counter).toBe(own.length + 1);
});
