/** Calls a Function URL as one client, signed or not. */

import { Hash } from "@smithy/hash-node";
import { SignatureV4 } from "@smithy/signature-v4";
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
export async function callUnsigned(url: unknown): Promise<UrlAnswer> {
  return post(String(url), { "content-type": "application/json" });
}

/** Calls it with the credentials of the account's caller. */
export async function callSigned(
  url: unknown,
  { credentials, region }: Pick<Account, "credentials" | "region">,
): Promise<UrlAnswer> {
  const { host, hostname, pathname: path, protocol } = new URL(String(url));
  const sha256 = Hash.bind(null, "sha256");
  const signer = new SignatureV4({ credentials, region, service: "lambda", sha256 });
  const headers = { host, "content-type": "application/json" };
  const signed = await signer.sign({
    ...{ method: "POST", protocol, hostname, path, headers, body: BODY },
  });
  return post(String(url), signed.headers);
}

async function post(url: string, headers: Record<string, string>): Promise<UrlAnswer> {
  const response = await fetch(url, { method: "POST", headers, body: BODY });
  const body = await response.text();
  return { status: response.status, body, answer: response.ok ? JSON.parse(body) : {} };
}
