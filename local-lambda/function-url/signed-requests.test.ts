import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { Hash } from "@smithy/hash-node";
import { SignatureV4 } from "@smithy/signature-v4";
import { expect, onTestFinished, test } from "vitest";
import { codeOf, loggedBy, sendAsIs, startNoted } from "../../test/embedded-lambda.ts";
import { start } from "../../test/processes.ts";
import { waitUntil } from "../../test/wait-until.ts";
import { defaultConfiguration } from "../function-configuration.ts";
import type { LocalLambda } from "../local-lambda.ts";
import { iamAuthorization } from "./authorization.ts";

const ANA = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "Ana's secret" };
const region = "eu-west-1";
const signer = new SignatureV4({
  ...{ credentials: ANA, region, service: "lambda" },
  sha256: Hash.bind(null, "sha256"),
  applyChecksum: true,
});

/** An embedded Lambda that answers with its event and lets Ana in. */
async function startGuarded(): Promise<LocalLambda> {
  const code = codeOf("export const handler = async (event) => event;");
  const authorize = iamAuthorization(region, ANA);
  const configuration = { ...defaultConfiguration(), region, code };
  const lambda = await startNoted(configuration, { authorize });
  onTestFinished(() => lambda.close());
  return lambda;
}

/** A request for it, before it is signed. */
const requestFor = ({ url }: LocalLambda, method: string, path = "/", query = {}) => ({
  ...{ method, protocol: "http:", hostname: url.hostname, path, query },
  headers: { host: url.host },
});

/** Sends a request with the path as written. */
async function post(lambda: LocalLambda, path: string, headers: object, sent = "{}") {
  const options = { method: "POST", path, headers: { ...headers } };
  const { body, ...response } = await sendAsIs(lambda, options, sent);
  return { ...response, body: JSON.parse(body) as unknown };
}

const withDate = { date: expect.stringMatching(/GMT$/) };

test("a signed request is served, whatever is in its path and query, and the event says who signed it", async () => {
  const lambda = await startGuarded();
  const path = "/a%20b/%C3%A4/%2525/(x)*'!~/";
  const query = { "a b": "ä+&=/?", list: ["2", "1"], empty: "" };
  const signed = await signer.sign({ ...requestFor(lambda, "POST", path, query), body: "{}" });
  const target = `${path}?list=2&list=1&empty&a%20b=%C3%A4%2B%26%3D%2F%3F`;
  const response = await post(lambda, target, signed.headers);
  expect(response).toMatchObject({
    status: 200,
    headers: withDate,
    body: {
      queryStringParameters: { "a b": "ä+&=/?", list: "2,1", empty: "" },
      requestContext: {
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
      },
    },
  });
  expect(JSON.stringify(response)).not.toContain(ANA.secretAccessKey);
});

test("what is not signed, or was changed, is refused, and starts no environment", async () => {
  const lambda = await startGuarded();
  const { headers } = await signer.sign({ ...requestFor(lambda, "POST"), body: '{"a":1}' });
  const cases = [
    [{}, "AccessDeniedException"],
    [headers, "InvalidSignatureException"],
  ] as const;
  for (const [sent, errorType] of cases) {
    expect(await post(lambda, "/", sent, '{"a":2}')).toMatchObject({
      status: 403,
      headers: {
        ...withDate,
        "x-amzn-errortype": errorType,
        "x-amzn-requestid": expect.stringMatching(/^[0-9a-f-]{36}$/),
      },
    });
  }
  expect(loggedBy(lambda)).toEqual([]);
});

test("a URL that was signed is served until it expires, and then refused", async () => {
  const lambda = await startGuarded();
  const call = async (ageMs: number) => {
    const signingDate = new Date(Date.now() - ageMs);
    const options = { signingDate, expiresIn: 600 };
    const { query } = await signer.presign(requestFor(lambda, "GET"), options);
    return fetch(`${lambda.url}?${new URLSearchParams(query as Record<string, string>)}`);
  };
  expect((await call(500_000)).status).toBe(200);
  expect((await call(700_000)).status).toBe(403);
});

test.each([{}, { AWS_SESSION_TOKEN: "a token/+==" }])(
  "the command that it prints is signed by curl and served, and tells no secret, with %j",
  async (token) => {
    const env = { AWS_ACCESS_KEY_ID: "AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY: "hush/+==", ...token };
    const args = ["--authorization", "AWS_IAM", "--region", "eu-west-1"];
    const { stdout, stderr } = start("local-lambda/serve.ts", args, env);
    const command = await waitUntil("the command", () => /^Try: (.+)\n/m.exec(stdout())?.[1]);
    const quick = command.replace('"Ana"', '"Ana","holdMs":100');
    const answer = await promisify(execFile)("sh", ["-c", `${quick} -s`], {
      env: { ...process.env, ...env },
    });
    expect(JSON.parse(answer.stdout)).toMatchObject({ client: "Ana", message: "ok" });
    expect(stdout() + stderr()).not.toMatch(/AKIDEXAMPLE|hush|a token/);
  },
);
