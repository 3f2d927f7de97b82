/**
 * The least that can stand between a caller and AWS's runtime client: each request becomes an event for
 * an environment that polls, and its answer is sent back as it came. `node bare-runtime-api.ts COUNT`
 * starts so many environments, and sends its parent `{url}` when all of them poll.
 */

import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text as readText } from "node:stream/consumers";
import { ProcessGroups } from "../local-lambda/environment/process-groups.ts";
import { makeTemporaryFolder, prepareTask } from "../local-lambda/environment/task.ts";

const count = Number(process.argv[2]);
const polls: ServerResponse[] = [];
/** What waits for a poll. */
const invocations: ((poll: ServerResponse) => void)[] = [];
const callers = new Map<string, ServerResponse>();
let requests = 0;
let hasStarted = false;

const server = createServer(async (request, response) => {
  const { method, url = "" } = request;
  if (url.endsWith("/next")) {
    const next = invocations.shift();
    if (next) return next(response);
    polls.push(response);
    if (polls.length === count && !hasStarted) {
      hasStarted = true;
      process.send?.({ url: urlOf("") });
    }
    return;
  }
  const body = await readText(request);
  const [, requestId = ""] = /invocation\/([^/]+)\/response$/.exec(url) ?? [];
  const caller = callers.get(requestId);
  if (caller) {
    callers.delete(requestId);
    response.writeHead(202, { "content-length": 0 }).end();
    caller.end(body);
    return;
  }
  requests += 1;
  const id = String(requests);
  callers.set(id, response);
  const event = { version: "2.0", requestContext: { http: { method } }, headers: {}, body };
  const deliver = (poll: ServerResponse) => {
    const text = JSON.stringify(event);
    const headers = {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(text),
      "lambda-runtime-aws-request-id": id,
      "lambda-runtime-deadline-ms": String(Date.now() + 60_000),
      "lambda-runtime-invoked-function-arn": "arn:aws:lambda:eu-west-1:0:function:bare",
    };
    poll.writeHead(200, headers).end(text);
  };
  const poll = polls.shift();
  if (poll) deliver(poll);
  else invocations.push(deliver);
});
server.requestTimeout = 0;
server.keepAliveTimeout = 0;
server.listen({ port: 0, host: "127.0.0.1", backlog: 1_000 }, () => void startAll());

async function startAll(): Promise<void> {
  const folder = makeTemporaryFolder();
  const groups = new ProcessGroups(folder);
  process.once("disconnect", () => process.exit());
  const task = await prepareTask({ model: "on-demand" }, folder);
  const variables = {
    PATH: process.env.PATH ?? "",
    LAMBDA_TASK_ROOT: task.root,
    _HANDLER: task.entry,
    AWS_LAMBDA_RUNTIME_API: urlOf("/bare"),
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
    child.stderr?.resume();
  }
}

/** Without a scheme: as AWS_LAMBDA_RUNTIME_API has it. */
function urlOf(path: string): string {
  return `127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
}
