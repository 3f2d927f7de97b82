/** Calls the URL of a deployed function as one client, signed or not. */

import { Hash } from "@smithy/hash-node";
import { SignatureV4 } from "@smithy/signature-v4";
import { Agent, fetch } from "undici";
import type { Answer } from "../../handler/contract.ts";
import type { Account } from "./aws/account.ts";

export interface UrlAnswer {
  status: number;
  body: string;
  /** What the handler said; empty when the answer is not its own. */
  answer: Partial<Answer>;
}

const BODY = JSON.stringify({ client: "Ana", holdMs: 100, steps: 1 });

/** Calls it without a signature, as anybody could. */
export function callUnsigned(url: unknown, account: Account): Promise<UrlAnswer> {
  return post(String(url), { "content-type": "application/json" }, account);
}

/**
 * Calls it with the credentials of the account's caller.
 *
 * @param applyChecksum states the payload's hash in a header of its own
 */
export async function callSigned(
  url: unknown,
  account: Account,
  applyChecksum = true,
): Promise<UrlAnswer> {
  const { credentials, region } = account;
  const { host, hostname, pathname: path, protocol } = new URL(String(url));
  const sha256 = Hash.bind(null, "sha256");
  const service = "lambda";
  const signer = new SignatureV4({ credentials, region, service, sha256, applyChecksum });
  const headers = { host, "content-type": "application/json" };
  const signed = await signer.sign({
    ...{ method: "POST", protocol, hostname, path, headers, body: BODY },
  });
  return post(String(url), signed.headers, account);
}

async function post(
  url: string,
  headers: Record<string, string>,
  { certificate }: Account,
): Promise<UrlAnswer> {
  const dispatcher = new Agent({ connect: { ca: certificate.cert } });
  const response = await fetch(url, { method: "POST", headers, body: BODY, dispatcher });
  const { status } = response;
  const body = await response.text();
  await dispatcher.close();
  return { status, body, answer: status === 200 ? JSON.parse(body) : {} };
}
