/** Requests signed as the runner signs them, and what the embedded Lambda makes of a signature. */

import { Hash } from "@smithy/hash-node";
import { SignatureV4 } from "@smithy/signature-v4";
import type { SignedRequest } from "../local-lambda/url/canonical-request.ts";
import {
  type SigningCredentials,
  type Verification,
  verifySignature,
} from "../local-lambda/url/signature.ts";

/** The credentials, scope and time of AWS's documentation and of its test suite. */
export const ANA: SigningCredentials = {
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
};
export const SCOPE = {
  region: "us-east-1",
  service: "service",
  now: new Date("2015-08-30T12:36:00Z"),
};

/** Verifies a request in that scope, unless another is given. */
export function verify(
  request: SignedRequest,
  { credentials = ANA, scope = {} }: { credentials?: SigningCredentials; scope?: object } = {},
): Verification {
  return verifySignature(request, { ...SCOPE, ...scope }, (accessKeyId) =>
    accessKeyId === credentials.accessKeyId ? credentials : undefined,
  );
}

/** Signs as the runner does, with AWS's own package. */
export async function sign(
  changes: {
    method?: string;
    path?: string;
    query?: Record<string, string | string[]>;
    headers?: Record<string, string>;
    body?: string;
    credentials?: SigningCredentials;
    target?: string;
    at?: Date;
    region?: string;
    service?: string;
  } = {},
): Promise<SignedRequest> {
  const { method = "POST", path = "/", query = {}, headers = {}, body = "{}" } = changes;
  const { region = SCOPE.region, service = SCOPE.service, credentials = ANA } = changes;
  const sha256 = Hash.bind(null, "sha256");
  const signer = new SignatureV4({ credentials, region, service, sha256, applyChecksum: true });
  const signed = await signer.sign(
    {
      method,
      protocol: "https:",
      hostname: "example.amazonaws.com",
      path,
      query,
      headers: { host: "example.amazonaws.com", "content-type": "application/json", ...headers },
      body,
    },
    { signingDate: changes.at ?? SCOPE.now },
  );
  return {
    method,
    target: changes.target ?? path,
    headers: signed.headers,
    body: Buffer.from(body),
  };
}

/** The refusal of a signature that is not the request's. */
export const MISMATCH = {
  ok: false,
  errorType: "InvalidSignatureException",
  body: {
    message:
      "The request signature we calculated does not match the signature you provided. Check your " +
      "AWS Secret Access Key and signing method. Consult the service documentation for details.",
  },
};

/** Headers but one. */
export function without(headers: SignedRequest["headers"], name: string): SignedRequest["headers"] {
  return Object.fromEntries(Object.entries(headers).filter(([other]) => other !== name));
}
