/** Requests signed as the runner signs them, and what the embedded Lambda makes of a signature. */

import { Hash } from "@smithy/hash-node";
import { SignatureV4 } from "@smithy/signature-v4";
import {
  type SignedRequest,
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
): Promise<Verification> {
  return verifySignature(request, { ...SCOPE, ...scope }, (accessKeyId) =>
    accessKeyId === credentials.accessKeyId ? credentials : undefined,
  );
}

interface Signing {
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
}

/** What AWS's own package signs with, and what it signs. */
function prepare(changes: Signing) {
  const { method = "POST", path = "/", query = {}, headers = {}, body = "{}" } = changes;
  const { region = SCOPE.region, service = SCOPE.service, credentials = ANA } = changes;
  const sha256 = Hash.bind(null, "sha256");
  const signer = new SignatureV4({ credentials, region, service, sha256, applyChecksum: true });
  const host = "example.amazonaws.com";
  const place = { protocol: "https:", hostname: host, path, query };
  return { signer, request: { ...place, method, headers: { host, ...headers }, body } };
}

/** Signs as the runner does, with AWS's own package. */
export async function sign(changes: Signing = {}): Promise<SignedRequest> {
  const headers = { "content-type": "application/json", ...changes.headers };
  const { signer, request } = prepare({ ...changes, headers });
  const signed = await signer.sign(request, { signingDate: changes.at ?? SCOPE.now });
  return {
    method: request.method,
    target: changes.target ?? request.path,
    headers: signed.headers,
    body: Buffer.from(request.body),
  };
}

/** Signs in the query, as a URL that is given away is signed. */
export async function presign(
  changes: Signing & { expiresIn?: number } = {},
): Promise<SignedRequest> {
  const { signer, request } = prepare({ method: "GET", body: "", ...changes });
  const { at: signingDate = SCOPE.now, expiresIn = 600 } = changes;
  const { query = {} } = await signer.presign(request, { signingDate, expiresIn });
  const pairs = Object.entries(query).flatMap(([name, values]) =>
    [values]
      .flat()
      .map((value) => `${encodeURIComponent(name)}=${encodeURIComponent(value ?? "")}`),
  );
  return {
    method: request.method,
    target: `${request.path}?${pairs.join("&")}`,
    headers: request.headers,
    body: Buffer.from(request.body),
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
