/**
 * Preloaded into every thread of an environment, before AWS's runtime client.
 *
 * aws-lambda-ric brings a native add-on that speaks HTTP with the Runtime API and is compiled at
 * install time. Nothing third-party runs at install time here, so the add-on is missing, and this
 * module stands in for it: the same three calls, over node:http. All that decides whether one
 * request is served at a time or many, the runtime's loop, stays AWS's own.
 * https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */

import { Agent, request } from "node:http";
import { registerHooks } from "node:module";

interface NextInvocation {
  bodyJson: string;
  headers: NodeJS.Dict<string | string[]>;
}

const api = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation`;
// A poll occupies its connection until the next invocation comes: answers go over another one.
const polling = new Agent({ keepAlive: true, maxSockets: 1 });
const answering = new Agent({ keepAlive: true, maxSockets: 1 });
let answered: Promise<unknown> = Promise.resolve();

/** The add-on's calls, as `RAPIDClient` of aws-lambda-ric uses them. */
const nativeClient = {
  /** Waits for the next invocation. The add-on's answers return first, and so do these. */
  async next(): Promise<NextInvocation> {
    await answered;
    return call("GET", "next", polling);
  },
  done(id: string, body: string): void {
    answer(`${id}/response`, body);
  },
  error(id: string, body: string, _xray: string): void {
    answer(`${id}/error`, body);
  },
};

function answer(path: string, body: string): void {
  answered = Promise.all([answered, call("POST", path, answering, body)]);
}

function call(method: string, path: string, agent: Agent, body = ""): Promise<NextInvocation> {
  return new Promise((resolve, reject) => {
    const headers = {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(body),
    };
    const outgoing = request(`${api}/${path}`, { method, agent, headers }, (response) => {
      let bodyJson = "";
      response
        .setEncoding("utf8")
        .on("data", (chunk: string) => {
          bodyJson += chunk;
        })
        .on("end", () => resolve({ bodyJson, headers: response.headers }))
        .on("error", reject);
    });
    // Without its service an environment has no reason to live.
    outgoing.on("error", () => process.exit(1)).end(body);
  });
}

const ADD_ON = "rapid-client.node";
const HANDLE = Symbol.for("lambda-concurrency-test.native-client");
Object.assign(globalThis, { [HANDLE]: nativeClient });

registerHooks({
  resolve(specifier, context, nextResolve) {
    if (!specifier.endsWith(`/${ADD_ON}`)) return nextResolve(specifier, context);
    return { url: `lambda:${ADD_ON}`, format: "commonjs", shortCircuit: true };
  },
  load(url, context, nextLoad) {
    if (url !== `lambda:${ADD_ON}`) return nextLoad(url, context);
    const source = `module.exports = globalThis[Symbol.for(${JSON.stringify(HANDLE.description)})];`;
    return { format: "commonjs", source, shortCircuit: true };
  },
});
