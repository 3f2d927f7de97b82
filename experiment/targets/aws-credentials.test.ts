/** What is signed is verified as the embedded Lambda verifies it, from what has arrived. */

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { verifySignature } from "../../local-lambda/function-url/authorization.ts";
import { fireAt } from "../../test/fire-at.ts";
import { answerPlainly, type SeenRequest, startServer } from "../../test/http-server.ts";
import { temporaryFolder } from "../../test/processes.ts";
import { credentialsFor, openSigner, standardCredentials } from "./aws-credentials.ts";

const KEY = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCY" };
const REGION = "eu-west-1";

/** Nothing of the machine's own: no profile, no file, no metadata service. */
beforeEach(() => {
  const folder = temporaryFolder();
  const none = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"];
  for (const name of none) vi.stubEnv(name, undefined);
  vi.stubEnv("AWS_CONFIG_FILE", join(folder, "config"));
  vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", join(folder, "credentials"));
  vi.stubEnv("AWS_EC2_METADATA_DISABLED", "true");
  return () => vi.unstubAllEnvs();
});

function haveKeys(sessionToken?: string): void {
  vi.stubEnv("AWS_ACCESS_KEY_ID", KEY.accessKeyId);
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", KEY.secretAccessKey);
  if (sessionToken !== undefined) vi.stubEnv("AWS_SESSION_TOKEN", sessionToken);
}

function verify({ method, headers, body }: SeenRequest, target: string, sessionToken?: string) {
  const credentials = { ...KEY, ...(sessionToken !== undefined && { sessionToken }) };
  return verifySignature(
    { method, target, headers, body: Buffer.from(body) },
    { region: REGION, service: "lambda", now: new Date() },
    credentials,
  );
}

test.each([
  ["/", undefined],
  ["/", "a token/with+odd=characters"],
  ["/a%20path/with%2Fodd/~characters", undefined],
  ["/?name=value&name=again&empty=&odd=%C3%A4%20%26%2B%3D", undefined],
])("what arrives at %s (session token: %j) is what was signed", async (target, token) => {
  haveKeys(token);
  const server = await startServer(answerPlainly);
  const url = new URL(target, server.url);
  const sign = await openSigner(url, REGION, standardCredentials(), 1_000);
  const { observations } = await fireAt(url, 2, 4, { sign });
  expect(observations.map(({ outcome }) => outcome)).toEqual(Array(4).fill("ok"));
  for (const request of server.requests) {
    expect(await verify(request, target, token)).toBeUndefined();
    const tampered = { ...request, body: request.body.replace("holdMs", "holdms") };
    expect(await verify(tampered, target, token)).toBeDefined();
  }
});

test("nothing can be signed without credentials, and the next step is said", async () => {
  const signing = openSigner(new URL("http://127.0.0.1/"), REGION, standardCredentials(), 1_000);
  const failure = await signing.catch((error: unknown) => error);
  expect(failure).toMatchObject({ kind: "no AWS credentials" });
});

/** A profile whose credentials a program prints; they end after so many minutes, one more each time. */
function haveProcess(minutes: number): { calls: () => number } {
  const folder = temporaryFolder();
  const log = join(folder, "calls");
  const program = join(folder, "credentials.cjs");
  writeFileSync(
    program,
    `const fs = require("node:fs");
fs.appendFileSync(${JSON.stringify(log)}, "call\\n");
const Expiration = new Date(Date.now() + ${minutes} * 60_000).toISOString();
const SecretAccessKey = ${JSON.stringify(KEY.secretAccessKey)};
console.log(JSON.stringify({
  Version: 1, AccessKeyId: ${JSON.stringify(KEY.accessKeyId)}, SecretAccessKey, SessionToken: "t", Expiration,
}));`,
  );
  const config = join(folder, "config");
  writeFileSync(
    config,
    `[profile experiment]\ncredential_process = ${process.execPath} ${program}\n`,
  );
  vi.stubEnv("AWS_CONFIG_FILE", config);
  vi.stubEnv("AWS_PROFILE", "experiment");
  const calls = () => (existsSync(log) ? readFileSync(log, "utf8").split("\n").length - 1 : 0);
  return { calls };
}

describe("credentials that expire", () => {
  test("are fetched once for a run that they outlast", async () => {
    const { calls } = haveProcess(60);
    const credentials = standardCredentials();
    const url = new URL("http://127.0.0.1/");
    const sign = await openSigner(url, REGION, credentials, 60_000);
    await Promise.all(
      Array.from({ length: 50 }, () => sign({ method: "POST", headers: {}, body: "{}" })),
    );
    await credentialsFor(credentials, 60_000);
    expect(calls()).toBe(1);
  });

  test("are fetched anew before a run that would outlast them", async () => {
    const { calls } = haveProcess(30);
    const credentials = standardCredentials();
    await credentialsFor(credentials, 60_000);
    expect(calls()).toBe(1);
    await credentialsFor(credentials, 40 * 60_000);
    expect(calls()).toBe(2);
  });
});

test("the secret is in no header that is sent", async () => {
  haveKeys();
  const url = new URL("http://127.0.0.1/");
  const sign = await openSigner(url, REGION, standardCredentials(), 1_000);
  const headers = await sign({ method: "POST", headers: {}, body: "{}" });
  expect(JSON.stringify(headers)).not.toContain(KEY.secretAccessKey);
});
