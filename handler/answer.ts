/**
 * What is deployed, whatever calls it. Each request mutates a module-level object, waits, and is
 * answered with what the object holds by then: if two requests ever shared a process, it shows. Both
 * entries call it, that of a Lambda function (index.ts) and that of a Web Function (web.ts).
 */
import { setTimeout as wait } from "node:timers/promises";
import {
  type Answer,
  type GlobalData,
  MAX_REMEMBERED_CLIENTS,
  parseMaxHold,
  parseRequest,
  type Refusal,
} from "./contract.ts";
import { describeEnvironment, enter, leave, monotonicMs } from "./instance.ts";

const globalData: GlobalData = { counter: 0, client: "", clients: [] };

/** The deployment's longest hold, in milliseconds. */
const maxHoldMs = parseMaxHold(process.env.MAX_HOLD_MS);

/** How a request is answered: with 200 and an {@link Answer}, or with 400 and a {@link Refusal}. */
interface Reply {
  statusCode: number;
  /** As JSON. */
  body: string;
}

/**
 * Answers one request.
 *
 * @param body the request's, as text; `undefined` when it had none
 * @param requestId as the platform names the request; it stands in the answer and in the log
 * @returns 400 names the offending field, and has touched no global
 */
export async function answerRequest(body: string | undefined, requestId: string): Promise<Reply> {
  const parsed = parseRequest(body, maxHoldMs);
  if (!parsed.ok) return reply(400, { message: parsed.message });
  const { client, holdMs, steps } = parsed.request;

  const enteredAt = monotonicMs();
  const enteredEpochMs = Date.now();
  const presence = enter();
  try {
    mutateGlobals(client);
    const onEntry = { counter: globalData.counter, client: globalData.client };
    for (let step = 1; step <= steps; step++) {
      await wait(holdMs / steps);
      logStep(requestId, client, `step ${step} of ${steps}`);
    }
    return reply(200, {
      client,
      globalData,
      message: "ok",
      environment: describeEnvironment(onEntry.counter === 1),
      invocation: {
        requestId,
        enteredAt,
        leftAt: monotonicMs(),
        enteredEpochMs,
        leftEpochMs: Date.now(),
        inFlightOnEntry: presence.onEntry,
        inFlightPeak: presence.peak,
        onEntry,
      },
    });
  } finally {
    leave(presence);
  }
}

function mutateGlobals(client: string): void {
  globalData.counter += 1;
  globalData.client = client;
  globalData.clients.push(client);
  if (globalData.clients.length > MAX_REMEMBERED_CLIENTS) {
    globalData.clients.shift();
    globalData.dropped = (globalData.dropped ?? 0) + 1;
  }
}

/**
 * Writes one line of JSON to the log stream. Not by `console.log`, which the runtime would wrap
 * into an object of its own: a line that is JSON already is stored as it is.
 * https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html
 */
function logStep(requestId: string, client: string, message: string): void {
  const line = {
    timestamp: new Date().toISOString(),
    level: "INFO",
    requestId,
    message,
    client,
    globalData: { counter: globalData.counter, client: globalData.client },
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** The globals are written out at once: a moment later they may be another request's. */
function reply(statusCode: number, body: Answer | Refusal): Reply {
  return { statusCode, body: JSON.stringify(body) };
}
