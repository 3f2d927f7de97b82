import { expect, test } from "vitest";
import { codeOf, send, startLambda } from "../../test/embedded-lambda.ts";
import { readWebMessage, type WebMessage, writeWebMessage } from "./web-message.ts";

test.each<WebMessage>([
  { type: "listening", port: 1 },
  { type: "listening", port: 65_535 },
  { type: "failed", reason: "18999" },
  { type: "failed", reason: '{"type":"listening","port":18999}' },
])("what is written is read as it was: %j", (message) => {
  expect(readWebMessage(writeWebMessage(message))).toEqual(message);
});

test.each([
  "18999\n",
  "",
  "null",
  '{"type":"listening"}',
  '{"type":"listening","port":"18999"}',
  '{"type":"listening","port":0}',
  '{"type":"listening","port":65536}',
])("what is no message is a failure, and its reason: %j", (told) => {
  expect(readWebMessage(told)).toEqual({ type: "failed", reason: told });
});

test("a number that code throws is why it failed, and no port", async () => {
  const lambda = await startLambda({ model: "web-function", code: codeOf("throw 18999;") });
  const response = await send(lambda, "");
  expect(response.status).toBe(502);
  expect(await response.text()).toBe("Internal Server Error (Runtime.ExitError: 18999)");
});
