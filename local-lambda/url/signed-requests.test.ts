import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { promisify } from "node:util";
import { Hash } from "@smithy/hash-node";
import { SignatureV4 } from "@smithy/signature-v4";
import { expect, onTestFinished, test } from "vitest";
import { start, temporaryFolder } from "../../test/processes.ts";
import { waitUntil } from "../../test/wait-until.ts";
import { defaultConfiguration } from "../function-configuration.ts";
import { LocalLambda } from "../local-lambda.ts";
import { type Authorize, iamAuthorization } from "./authorization.ts";
import type { FunctionUrlEvent } from "./function-url-event.ts";
import type { SigningCredentials } from "./signature.ts";

const ANA: SigningCredentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "Ana's secret" };

/** An embedded Lambda that answers with its event and lets in who signs with the credentials. */
async function startGuarded(credentials: SigningCredentials = ANA): Promise<LocalLambda> {
  const root = temporaryFolder();
  writeFileSync(join(root, "index.mjs"), "export const handler = async (event) => event;");
  const region = "eu-west-1";
  const code = { root, handler: "index.handler" };
  const lambda = await LocalLambda.start({ ...defaultConfiguration(), region, code }, 0, {
    authorize: iamAuthorization(region, credentials),
  });
  onTestFinished(() => lambda.close());
  return lambda;
}

interface Signing {
  credentials?: SigningCredentials;
  path?: string;
  query?: Record<string, string | string[]>;
  body?: string;
  at?: Date;
}

/** The headers of a request as AWS's package signs it. */
async function signedHeaders({ url }: LocalLambda, signing: Signing) {
  const { credentials = ANA, path = "/", query = {}, body = "{}" } = signing;
  const signer = new SignatureV4({
    credentials,
    region: "eu-west-1",
    service: "lambda",
    sha256: Hash.bind(null, "sha256"),
    applyChecksum: true,
  });
  const { headers } = await signer.sign(
    {
      method: "POST",
      protocol: "http:",
      hostname: url.hostname,
      path,
      query,
      headers: { host: url.host, "content-type": "application/json" },
      body,
    },
    { signingDate: signing.at ?? new Date() },
  );
  return headers;
}

interface Answered {
  status: number | undefined;
  errorType: string | string[] | undefined;
  body: unknown;
}

/** Sends a request as it is, with the path as written. */
function post(
  { url }: LocalLambda,
  target: string,
  headers: Record<string, string>,
  body = "{}",
): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const options = { method: "POST", host: url.hostname, port: url.port, path: target, headers };
    const outgoing = request(options, async (response) => {
      let text = "";
      for await (const chunk of response.setEncoding("utf8")) text += chunk;
      const errorType = response.headers["x-amzn-errortype"];
      resolve({ status: response.statusCode, errorType, body: JSON.parse(text) });
    });
    outgoing.on("error", reject).end(body);
  });
}

test("a signed request is served, and the event says who signed it", async () => {
  const lambda = await startGuarded();
  const { status, body } = await post(lambda, "/", await signedHeaders(lambda, {}));
  expect(status).toBe(200);
  expect((body as FunctionUrlEvent).requestContext).toMatchObject({
    accountId: "123456789012",
    authorizer: {
      iam: {
        accessKey: "AKIDEXAMPLE",
        accountId: "123456789012",
        callerId: expect.any(String),
        cognitoIdentity: null,
        principalOrgId: null,
        userArn: expect.stringMatching(/^arn:aws:iam::123456789012:user\//),
        userId: expect.any(String),
      },
    },
  });
  expect(JSON.stringify(body)).not.toContain(ANA.secretAccessKey);
});

test("an unsigned request is refused, and no environment is started", async () => {
  const lambda = await startGuarded();
  const response = await fetch(lambda.url, { method: "POST", body: "{}" });
  expect(response.status).toBe(403);
  expect(response.headers.get("x-amzn-errortype")).toBe("AccessDeniedException");
  expect(response.headers.get("x-amzn-requestid")).toMatch(/^[0-9a-f-]{36}$/);
  expect(await response.json()).toEqual({
    Message:
      "Forbidden. For troubleshooting Function URL authorization issues, see: " +
      "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html",
  });
  expect(lambda.pool.registry.streams()).toEqual([]);
});

test("a request with another body than the signed one is refused", async () => {
  const lambda = await startGuarded();
  const headers = await signedHeaders(lambda, { body: '{"client":"Ana"}' });
  const { status, errorType, body } = await post(lambda, "/", headers, '{"client":"Bo!"}');
  expect({ status, errorType }).toEqual({ status: 403, errorType: "InvalidSignatureException" });
  expect(body).toMatchObject({ message: expect.stringMatching(/^The request signature we/) });
  expect(lambda.pool.registry.streams()).toEqual([]);
});

test("a request of ten minutes ago is refused", async () => {
  const lambda = await startGuarded();
  const headers = await signedHeaders(lambda, { at: new Date(Date.now() - 600_000) });
  expect(await post(lambda, "/", headers)).toMatchObject({
    status: 403,
    body: { message: expect.stringMatching(/^Signature expired: \d{8}T\d{6}Z is now earlier/) },
  });
});

test("a URL that was signed is served until it expires, and then refused", async () => {
  const lambda = await startGuarded();
  const signer = new SignatureV4({
    ...{ credentials: ANA, region: "eu-west-1", service: "lambda" },
    sha256: Hash.bind(null, "sha256"),
  });
  const { hostname, host } = lambda.url;
  const place = { method: "GET", protocol: "http:", hostname, path: "/", headers: { host } };
  const call = async (ageMs: number) => {
    const signingDate = new Date(Date.now() - ageMs);
    const { query } = await signer.presign(
      { ...place, query: {} },
      { signingDate, expiresIn: 600 },
    );
    const response = await fetch(
      `${lambda.url}?${new URLSearchParams(query as Record<string, string>)}`,
    );
    return { status: response.status, body: await response.text() };
  };
  expect(await call(500_000)).toMatchObject({ status: 200 });
  expect(await call(700_000)).toMatchObject({
    status: 403,
    body: expect.stringMatching(/Signature expired: .* - 10 min/),
  });
});

test("odd characters in path and query are signed like all others", async () => {
  const lambda = await startGuarded();
  const path = "/a%20b/%C3%A4/%2525/(x)*'!~/";
  const query = { "a b": "ä+&=/?", list: ["2", "1"], empty: "" };
  const headers = await signedHeaders(lambda, { path, query });
  const target = `${path}?list=2&list=1&empty&a%20b=%C3%A4%2B%26%3D%2F%3F`;
  const { status, body } = await post(lambda, target, headers);
  expect(status).toBe(200);
  expect((body as FunctionUrlEvent).queryStringParameters).toEqual({
    "a b": "ä+&=/?",
    list: "2,1",
    empty: "",
  });
});

test("temporary credentials need their session token", async () => {
  const credentials = { ...ANA, sessionToken: "token/+==" };
  const lambda = await startGuarded(credentials);
  const without = await post(lambda, "/", await signedHeaders(lambda, {}));
  expect(without).toMatchObject({ status: 403, errorType: "UnrecognizedClientException" });
  const { status } = await post(lambda, "/", await signedHeaders(lambda, { credentials }));
  expect(status).toBe(200);
});

test("who may call can be decided by another rule", async () => {
  const identity = {
    accessKey: "AKIDOTHER",
    accountId: "999999999999",
    callerId: "AIDAOTHER",
    userArn: "arn:aws:iam::999999999999:user/other",
    userId: "AIDAOTHER",
  };
  const root = temporaryFolder();
  writeFileSync(join(root, "index.mjs"), "export const handler = async (event) => event;");
  const code = { root, handler: "index.handler" };
  const authorize: Authorize = (seen) =>
    seen.method === "POST" &&
    seen.target === "/in?x=1" &&
    Buffer.from(seen.body).equals(Buffer.from("{}"))
      ? { admitted: true, identity }
      : { admitted: false, response: { statusCode: 418, headers: {}, body: Buffer.from('"no"') } };
  const lambda = await LocalLambda.start({ ...defaultConfiguration(), code }, 0, { authorize });
  onTestFinished(() => lambda.close());
  expect(await post(lambda, "/", {})).toMatchObject({ status: 418, body: "no" });
  const { body } = await post(lambda, "/in?x=1", {});
  expect((body as FunctionUrlEvent).requestContext.authorizer?.iam.accessKey).toBe("AKIDOTHER");
});

test.each([{}, { AWS_SESSION_TOKEN: "a token/+==" }])(
  "the command that it prints is signed by curl and served, and tells no secret, with %j",
  async (token) => {
    const env = { AWS_ACCESS_KEY_ID: "AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY: "hush/+==", ...token };
    const args = ["--authorization", "AWS_IAM", "--region", "eu-west-1"];
    const { stdout, stderr } = start("local-lambda/main.ts", args, env);
    const command = await waitUntil("the command", () => /^Try: (.+)\n/m.exec(stdout())?.[1]);
    const quick = command.replace('"Ana"', '"Ana","holdMs":100');
    const answer = await promisify(execFile)("sh", ["-c", `${quick} -s`], {
      env: { ...process.env, ...env },
    });
    expect(JSON.parse(answer.stdout)).toMatchObject({ client: "Ana", message: "ok" });
    expect(stdout() + stderr()).not.toMatch(/AKIDEXAMPLE|hush|a token/);
  },
);

test("every answer says the time by the service's clock, refused or served", async () => {
  const lambda = await startGuarded();
  const refused = await fetch(lambda.url);
  const headers = await signedHeaders(lambda, {});
  const served = await fetch(lambda.url, { method: "POST", body: "{}", headers });
  expect([refused.status, served.status]).toEqual([403, 200]);
  for (const response of [refused, served]) {
    expect(Date.parse(response.headers.get("date") ?? "")).not.toBeNaN();
  }
});
