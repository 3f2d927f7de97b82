/** A target whose faults are chosen by the name of the client that asks. */

import type { ServerResponse } from "node:http";
import type { Outcome } from "../../experiment/core/record-lines.ts";
import { answerPlainly, type SeenRequest, startServer, type TestServer } from "../http-server.ts";

/** One fault, and what is to be seen of it on the screen and on the record alike. */
export interface Fault {
  serve: (response: ServerResponse, request: SeenRequest) => void;
  outcome: Outcome;
  /** Absent: no head came, so there is none. */
  status?: number;
  /** Absent: the answer is whole. */
  message?: RegExp;
  /** The answer carries the service's id, as Lambda's own do. */
  isLambda?: boolean;
}

export type Faults = Readonly<Record<string, Fault>>;

/** Starts a server that meets each client with the fault of its name. */
export async function startFaultyServer(faults: Faults): Promise<TestServer> {
  return startServer((request, response) => {
    const { client } = JSON.parse(request.body) as { client: string };
    const fault = faults[client];
    if (fault?.isLambda) response.setHeader("x-amzn-requestid", idFor(client));
    // A client that gives up is what some of the faults are about.
    response.on("error", () => {});
    if (fault) fault.serve(response, request);
    else answerPlainly(request, response);
  });
}

/** The service's id of a client's request. */
export const idFor = (client: string) => `id of ${client}`;

/** Answers of Lambda's own: a status and an object. */
export function refusal(status: number, body: object, message: RegExp, aheadMs = 0): Fault {
  return {
    serve: (response) =>
      response
        .writeHead(status, { date: new Date(Date.now() - aheadMs).toUTCString() })
        .end(JSON.stringify(body)),
    outcome: status === 429 ? "throttled" : "failed",
    status,
    message,
    isLambda: true,
  };
}

/** A 200 that is no answer of the handler's. */
export function nonsense(body: string, message: RegExp): Fault {
  const serve = (response: ServerResponse) => response.end(body);
  return { serve, outcome: "unreadable", status: 200, message };
}

/** The handler's answer in another coding. */
export function encoded(coding: string, encode: (text: string) => Uint8Array): Fault {
  const serve: Fault["serve"] = (response, { body }) => {
    const { client } = JSON.parse(body) as { client: string };
    const globalData = { counter: 1, client, clients: [client] };
    response.setHeader("content-encoding", coding);
    response.end(encode(JSON.stringify({ client, globalData, message: "ok" })));
  };
  return { serve, outcome: "ok", status: 200 };
}
