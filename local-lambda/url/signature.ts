/**
 * Verifies Signature Version 4 of a request whose signature is in its `authorization` header. It
 * is written from AWS's documentation and uses no signing package, so that what such a package
 * makes is checked by something else. Signatures in the query, of presigned URLs, are not read.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */

import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import {
  canonicalRequest,
  headerValues,
  type SignedRequest,
  sha256Hex,
} from "./canonical-request.ts";
import { refusals, type SignatureRefusal } from "./signature-refusals.ts";

const ALGORITHM = "AWS4-HMAC-SHA256";
const TERMINATOR = "aws4_request";
/**
 * How far a request's date may be from the clock, in milliseconds.
 * https://repost.aws/knowledge-center/lambda-sdk-signature
 */
const TOLERANCE_MS = 300_000;

/** What a caller may sign with. */
export interface SigningCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  /** Of temporary credentials, which are not valid without it. */
  sessionToken?: string;
  /** When temporary credentials end; absent: never. */
  expiresAt?: Date;
}

/** For whom and when a signature must have been made. */
export interface SignatureScope {
  region: string;
  /** Such as `lambda`, which is that of Function URLs. */
  service: string;
  now: Date;
}

export type Verification =
  | { ok: true; credentials: SigningCredentials }
  | ({ ok: false } & SignatureRefusal);

interface Parts {
  accessKeyId: string;
  /** `YYYYMMDD` */
  day: string;
  region: string;
  service: string;
  signedHeaders: string[];
  signature: string;
}

/**
 * Checks who signed a request and that it is the one that was signed: nothing of its method, path,
 * query, signed headers or body has changed, and it was signed for this scope. Host and, except
 * for the session token, every `x-amz-` header of the request must be signed.
 *
 * @param find the credentials of an access key; `undefined` for one that is unknown
 */
export function verifySignature(
  request: SignedRequest,
  scope: SignatureScope,
  find: (accessKeyId: string) => SigningCredentials | undefined,
): Verification {
  const { headers } = request;
  const value = (name: string) => headerValues(headers, name)?.join(",");
  const authorization = value("authorization");
  if (!authorization?.startsWith(`${ALGORITHM} `)) return refuse(refusals.unsigned);
  const parts = parseAuthorization(authorization);
  const signedAt = value("x-amz-date") ?? "";
  if (!parts || !isDate(signedAt)) return refuse(refusals.incomplete);
  const credentials = find(parts.accessKeyId);
  if (!credentials || !hasToken(credentials, value("x-amz-security-token"))) {
    return refuse(refusals.unknownToken);
  }
  if (credentials.expiresAt && credentials.expiresAt <= scope.now) {
    return refuse(refusals.expiredToken);
  }
  const misplaced = misplacement(parts, scope, signedAt);
  if (misplaced) return refuse(misplaced);
  if (!coversEnough(parts.signedHeaders, headers) || !hashMatches(request)) {
    return refuse(refusals.mismatch);
  }
  const expected = signatureOf(request, parts, signedAt, credentials.secretAccessKey);
  return areEqual(expected, parts.signature)
    ? { ok: true, credentials }
    : refuse(refusals.mismatch);
}

function refuse(refusal: SignatureRefusal): Verification {
  return { ok: false, ...refusal };
}

/** `undefined` when something is missing or in no known form. */
function parseAuthorization(header: string): Parts | undefined {
  const fields = new Map<string, string>();
  for (const field of header.slice(ALGORITHM.length).split(/[,\s]+/)) {
    const [, name, value] = /^(\w+)=(.+)$/.exec(field) ?? [];
    if (name !== undefined && value !== undefined) fields.set(name, value);
  }
  const scope = fields.get("Credential")?.split("/") ?? [];
  // An access key may hold slashes; the scope behind it does not.
  const [day, region, service, terminator] = scope.slice(-4);
  const accessKeyId = scope.slice(0, -4).join("/");
  const signedHeaders = fields.get("SignedHeaders")?.toLowerCase().split(";").sort();
  const signature = fields.get("Signature");
  const isComplete = accessKeyId !== "" && terminator === TERMINATOR;
  if (!isComplete || !day || !region || !service || !signedHeaders || !signature) return undefined;
  return { accessKeyId, day, region, service, signedHeaders, signature };
}

/** Why a signature belongs to another region, service or time. */
function misplacement(
  parts: Parts,
  { region, service, now }: SignatureScope,
  signedAt: string,
): SignatureRefusal | undefined {
  if (parts.region !== region) return refusals.region;
  if (parts.service !== service) return refusals.service(service);
  if (parts.day !== signedAt.slice(0, 8)) return refusals.day(parts.day, signedAt);
  const early = amzDate(new Date(now.getTime() - TOLERANCE_MS));
  const late = amzDate(new Date(now.getTime() + TOLERANCE_MS));
  // Written like this, an earlier date is a smaller text.
  if (signedAt < early) return refusals.expired(signedAt, early, amzDate(now));
  if (signedAt > late) return refusals.notYetCurrent(signedAt, late, amzDate(now));
  return undefined;
}

/** A token that came later than the signature is allowed to be unsigned; it is compared anyway. */
function coversEnough(signedHeaders: readonly string[], headers: SignedRequest["headers"]) {
  const needed = Object.keys(headers).filter(
    (name) => name.startsWith("x-amz-") && name !== "x-amz-security-token",
  );
  return ["host", ...needed].every((name) => signedHeaders.includes(name));
}

/** A request need not say its body's hash, but must not say a wrong one, or that there is none. */
function hashMatches({ headers, body }: SignedRequest): boolean {
  const stated = headerValues(headers, "x-amz-content-sha256")?.join(",");
  return stated === undefined || stated === sha256Hex(body);
}

function hasToken({ sessionToken }: SigningCredentials, token: string | undefined): boolean {
  if (sessionToken === undefined || token === undefined) return sessionToken === token;
  return areEqual(sessionToken, token);
}

function signatureOf(
  request: SignedRequest,
  { day, region, service, signedHeaders }: Parts,
  signedAt: string,
  secretAccessKey: string,
): string {
  const scope = [day, region, service, TERMINATOR];
  const hash = sha256Hex(canonicalRequest(request, signedHeaders));
  const stringToSign = [ALGORITHM, signedAt, scope.join("/"), hash].join("\n");
  const key = scope.reduce<Buffer>(
    (parent, part) => hmac(parent, part),
    Buffer.from(`AWS4${secretAccessKey}`),
  );
  return hmac(key, stringToSign).toString("hex");
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text, "latin1").digest();
}

/** Compares in a time that tells nothing: digests have one length, whatever they are made of. */
function areEqual(secret: string, given: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(secret), digest(given));
}

function isDate(text: string): boolean {
  return /^\d{8}T\d{6}Z$/.test(text);
}

/** Such as `20150830T123600Z`. */
function amzDate(date: Date): string {
  return date.toISOString().replace(/[-:]|\.\d+/g, "");
}
