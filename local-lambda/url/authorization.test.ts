import { expect, test } from "vitest";
import { credentialsIn, iamAuthorization } from "./authorization.ts";

test("the caller's credentials are read from AWS's own variables", () => {
  const AWS_ACCESS_KEY_ID = "AKIDEXAMPLE";
  const AWS_SECRET_ACCESS_KEY = "secret";
  expect(credentialsIn({ AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY })).toEqual({
    accessKeyId: "AKIDEXAMPLE",
    secretAccessKey: "secret",
  });
  expect(
    credentialsIn({ AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN: "token" }),
  ).toHaveProperty("sessionToken", "token");
});

test.each([
  [{}, /needs AWS_ACCESS_KEY_ID in the environment\. Set AWS_ACCESS_KEY_ID and/],
  [{ AWS_SECRET_ACCESS_KEY: "secret" }, /needs AWS_ACCESS_KEY_ID/],
  [{ AWS_ACCESS_KEY_ID: "secret" }, /needs AWS_SECRET_ACCESS_KEY/],
])("what is missing of %j is said, and nothing of what is there", (env, message) => {
  expect(() => credentialsIn(env)).toThrow(message);
  expect(() => credentialsIn(env)).not.toThrow(/secret/);
});

test("a refusal is a 403 of AWS's form", async () => {
  const authorize = iamAuthorization("local", { accessKeyId: "a", secretAccessKey: "b" });
  const admission = await authorize({
    method: "GET",
    target: "/",
    headers: {},
    body: Buffer.alloc(0),
  });
  expect(admission).toMatchObject({
    admitted: false,
    response: {
      statusCode: 403,
      headers: { "content-type": "application/json", "x-amzn-errortype": "AccessDeniedException" },
    },
  });
});
