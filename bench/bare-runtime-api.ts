/**
 * The least that can stand between a caller and AWS's runtime client: each request becomes an event for
 * an environment that polls, and its answer is sent back as it came. `node bare-runtime-api.ts COUNT`
 * starts so many environments, and sends its parent `{url}` when all of them poll.
 */

import { EventEmitter, on, once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text as readText } from "node:stream/consumers";
import { ProcessGroups } from "../local-lambda/environment/process-groups.ts";
import { makeTemporaryFolder, prepareTask } from "../local-lambda/environment/task.ts";

const count = Number(process.argv[2]);
/** What polls are announced on; requests take one each, those that wait in order. */
const emitter = new EventEmitter();
const polls = on(emitter, "poll");
let polled = 0;
/** By the ids of their requests. */
const callers = new Map<string, ServerResponse>();

const server = createServer(async (request, response) => {
  const { url = "" } = request;
  if (url.endsWith("/next")) {
    emitter.emit("poll", response);
    polled += 1;
    if (polled === count) process.send?.({ url: `http://${address}` });
    return;
  }
  const body = await readText(request);
  const caller = callers.get(/invocation\/([^/]+)\/response$/.exec(url)?.[1] ?? "");
  if (caller) {
    response.writeHead(202, { "content-length": 0 }).end();
    caller.end(body);
    return;
  }
  const [poll]: ServerResponse[] = (await polls.next()).value ?? [];
  const id = `${callers.size}`;
  callers.set(id, response);
  const context = { http: { method: "POST" } };
  const event = JSON.stringify({ version: "2.0", requestContext: context, headers: {}, body });
  const headers = {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(event),
    "lambda-runtime-aws-request-id": id,
    "lambda-runtime-deadline-ms": `${Date.now() + 60_000}`,
    "lambda-runtime-invoked-function-arn": "arn:aws:lambda:eu-west-1:0:function:bare",
  };
  poll?.writeHead(200, headers).end(event);
});
server.requestTimeout = 0;
server.keepAliveTimeout = 0;
server.listen({ port: 0, host: "127.0.0.1", backlog: 1_000 });
await once(server, "listening");
const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
const folder = makeTemporaryFolder();
const groups = new ProcessGroups(folder);
process.once("disconnect", () => process.exit());
const task = await prepareTask({ model: "on-demand" }, folder);
const variables = {
  PATH: process.env.PATH ?? "",
  LAMBDA_TASK_ROOT: task.root,
  _HANDLER: task.entry,
  AWS_LAMBDA_RUNTIME_API: `${address}/bare`,
  AWS_LAMBDA_FUNCTION_NAME: "bare",
  AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "128",
  AWS_LAMBDA_LOG_GROUP_NAME: "bare",
  AWS_LAMBDA_LOG_STREAM_NAME: "bare",
  AWS_REGION: "eu-west-1",
};
for (let started = 0; started < count; started++) {
  const child = groups.start(process.execPath, task.program, variables, task.root);
  child.stdout?.resume();
  child.stderr?.on("data", (chunk) => process.stderr.write(chunk));
}
