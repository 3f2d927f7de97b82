import type { ServerResponse } from "node:http";
import { test } from "vitest";
import { answerPlainly } from "../http-server.ts";
import { meetFaults } from "./answers-experiment.ts";
import type { Faults } from "./answers-server.ts";

/** Bytes of an answer that Node's own server would not send. */
const raw = (bytes: string) => (response: ServerResponse) =>
  void response.socket?.write(Buffer.from(bytes, "latin1"));

const faults: Faults = {
  Announcing: {
    serve: raw("HTTP/1.1 100 Continue\r\n\r\n"),
    outcome: "failed",
    message: /^the target sent a 100 that nobody had asked for before it answered \(.+\)$/,
  },
  Switching: {
    serve: raw("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n"),
    outcome: "failed",
    message: /^the target changed the protocol before it answered \(.+\)$/,
  },
  Hinting: {
    serve: (response, request) => {
      response.writeEarlyHints({ link: "</style.css>; rel=preload" });
      answerPlainly(request, response);
    },
    outcome: "ok",
    status: 200,
    isLambda: true,
  },
  Phrased: {
    serve: (response, { body }) => {
      const { client } = JSON.parse(body) as { client: string };
      const globalData = { counter: 1, client, clients: [client] };
      const answer = JSON.stringify({ client, globalData, message: "ok" });
      const head = `HTTP/1.1 200 \u00c4\u00d6\r\ncontent-length: ${answer.length}`;
      raw(`${head}\r\n\r\n${answer}`)(response);
    },
    outcome: "ok",
    status: 200,
  },
  Numbered: {
    serve: raw("HTTP/1.1 700 Odd\r\ncontent-length: 0\r\n\r\n"),
    outcome: "failed",
    status: 700,
    message: /^the target answered with the status 700, which HTTP does not have$/,
  },
};

test("an answer of odd form is taken where it is one, and explained where it is none", async () => {
  await meetFaults(faults);
});
