/**
 * The deployed function. Each request mutates a module-level object, waits, and answers with what
 * the object holds by then: if two requests ever shared a process, it shows.
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

/** The part of a Function URL's event (payload format 2.0) that is read here. */
interface FunctionUrlEvent {
  body?: string;
  isBase64Encoded?: boolean;
}

interface FunctionUrlResult {
  statusCode: number;
  headers: { "content-type": string };
  body: string;
}

/**
 * Serves one request of a Function URL.
 *
 * Answers 200 with an {@link Answer}, or 400 with a {@link Refusal} that names the offending field;
 * a refused request touches no global.
 * https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
 */
export async function handler(
  event: FunctionUrlEvent,
  context: { awsRequestId: string },
): Promise<FunctionUrlResult> {
  const parsed = parseRequest(bodyOf(event), maxHoldMs);
  if (!parsed.ok) return respond(400, { message: parsed.message });
  const { client, holdMs, steps } = parsed.request;

  const enteredAt = monotonicMs();
  const enteredEpochMs = Date.now();
  const presence = enter();
  try {
    mutateGlobals(client);
    const onEntry = { counter: globalData.counter, client: globalData.client };
    for (let step = 1; step <= steps; step++) {
      await wait(holdMs / steps);
      logStep(context.awsRequestId, client, `step ${step} of ${steps}`);
    }
    return respond(200, {
      client,
      globalData,
      message: "ok",
      environment: describeEnvironment(onEntry.counter === 1),
      invocation: {
        requestId: context.awsRequestId,
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
 * Function URLs hand over bodies of unknown media types, such as curl's default one, as base64.
 * Whoever may invoke the function by other ways can send an event of any kind: what is no text is no
 * body.
 */
function bodyOf(event: FunctionUrlEvent | null): string | undefined {
  const body = event?.body;
  if (typeof body !== "string") return undefined;
  return event?.isBase64Encoded === true ? Buffer.from(body, "base64").toString("utf8") : body;
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

function respond(statusCode: number, body: Answer | Refusal): FunctionUrlResult {
  return {
    statusCode,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  };
}
