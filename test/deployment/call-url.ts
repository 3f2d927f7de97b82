/** Calls the URL of a deployed function as one client, signed or not. */

import { once } from "node:events";
import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { text } from "node:stream/consumers";
import { Hash } from "@smithy/hash-node";
import { SignatureV4 } from "@smithy/signature-v4";
import type { Answer } from "../../handler/contract.ts";
import type { Account } from "./aws/account.ts";

export interface UrlAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
  /** What the handler said; empty when the answer is not its own. */
  answer: Partial<Answer>;
}

const BODY = JSON.stringify({ client: "Ana", holdMs: 100, steps: 1 });

type Caller = Pick<Account, "credentials" | "region" | "certificate">;

/** Calls it without a signature, as anybody could. */
export async function callUnsigned(url: unknown, caller?: Caller): Promise<UrlAnswer> {
  return post(String(url), { "content-type": "application/json" }, caller);
}

/**
 * Calls it with the credentials of the account's caller.
 *
 * @param applyChecksum states the payload's hash in a header of its own
 */
export async function callSigned(
  url: unknown,
  caller: Caller,
  applyChecksum = true,
): Promise<UrlAnswer> {
  const { credentials, region } = caller;
  const { host, hostname, pathname: path, protocol } = new URL(String(url));
  const sha256 = Hash.bind(null, "sha256");
  const service = "lambda";
  const signer = new SignatureV4({ credentials, region, service, sha256, applyChecksum });
  const headers = { host, "content-type": "application/json" };
  const signed = await signer.sign({
    ...{ method: "POST", protocol, hostname, path, headers, body: BODY },
  });
  return post(String(url), signed.headers, caller);
}

async function post(
  url: string,
  headers: Record<string, string>,
  caller: Caller | undefined,
): Promise<UrlAnswer> {
  const options = { method: "POST", headers, agent: false };
  const request = url.startsWith("https:")
    ? httpsRequest(url, { ...options, ca: caller?.certificate.cert })
    : httpRequest(url, options);
  request.end(BODY);
  const [response] = (await once(request, "response")) as [IncomingMessage];
  const { statusCode: status = 0, headers: received } = response;
  const body = await text(response);
  return { status, headers: received, body, answer: status === 200 ? JSON.parse(body) : {} };
}
