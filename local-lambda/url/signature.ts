/**
 * Verifies Signature Version 4 of a request, in its `authorization` header or in its query: AWS's own
 * package signs what came in anew, and the two signatures must be the same.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
 */

import { isUtf8 } from "node:buffer";
import { createHash, timingSafeEqual } from "node:crypto";
import { Hash } from "@smithy/hash-node";
import { SignatureV4 } from "@smithy/signature-v4";

/** An HTTP request as it came in. Texts are as Node.js gives them: one character per byte. */
export interface SignedRequest {
  method: string;
  /** Path and query, as sent. */
  target: string;
  /** By lower-case name; Node.js's `headersDistinct` keeps the values of a repeated header apart. */
  headers: NodeJS.Dict<string | string[]>;
  body: Uint8Array;
}

/** What a caller may sign with. */
export interface SigningCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  /** Of temporary credentials, which are not valid without it. */
  sessionToken?: string;
}

/** For whom and when a signature must have been made. */
export interface SignatureScope {
  region: string;
  /** Such as `lambda`, which is that of Function URLs. */
  service: string;
  now: Date;
}

/** What AWS says of a request that it refuses: the header `x-amzn-errortype`, and a body of JSON. */
export interface SignatureRefusal {
  errorType: string;
  body: { message: string } | { Message: string };
}

export type Verification =
  | { ok: true; credentials: SigningCredentials }
  | ({ ok: false } & SignatureRefusal);

/** What a request says of its signature, wherever it says so. */
interface Claim {
  /** Access key, day, region, service and `aws4_request`. */
  credential: string;
  /** Such as `20150830T123600Z`. */
  signedAt: string;
  signedHeaders: string[];
  signature: string;
  token: string | undefined;
  /** How long a signature in a query is valid, in seconds. */
  expires?: number;
}

/** Decoded, with the values of one name together, as AWS's package takes it. */
type Query = Record<string, string[]>;

const ALGORITHM = "AWS4-HMAC-SHA256";
/** What a signature adds to a query. AWS's package adds it again when it signs. */
const QUERY_FIELDS: readonly string[] = [
  "X-Amz-Algorithm",
  "X-Amz-Credential",
  "X-Amz-Date",
  "X-Amz-Expires",
  "X-Amz-SignedHeaders",
  "X-Amz-Signature",
  "X-Amz-Security-Token",
];
/** Parameters that AWS's package leaves out of what it signs: anybody could add them. */
const NEVER_SIGNED = /^(__proto__|x-amz-signature)$/i;
/**
 * How far a request's date may be from the clock, in milliseconds.
 * https://repost.aws/knowledge-center/lambda-sdk-signature
 */
const TOLERANCE_MS = 300_000;
/** https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html */
const MAX_EXPIRES_S = 604_800;
const SHA256 = Hash.bind(null, "sha256");

/**
 * Checks who signed a request and that it is the one that was signed: nothing of its method, path,
 * query, signed headers or body has changed, and it was signed for this scope. Host and, except
 * for the session token, every `x-amz-` header of the request must be signed.
 *
 * @param find the credentials of an access key; `undefined` for one that is unknown
 */
export async function verifySignature(
  request: SignedRequest,
  scope: SignatureScope,
  find: (accessKeyId: string) => SigningCredentials | undefined,
): Promise<Verification> {
  const [path = "", ...behind] = request.target.split("?");
  const parameters = queryOf(behind.join("?"));
  const claim = claimIn(request.headers, parameters);
  if (!claim) return { ok: false, ...UNSIGNED };
  // An access key may hold slashes; the scope behind it does not.
  const [, accessKeyId = "", day, place] = /^(.+)\/(\d{8})\/(.+)$/.exec(claim.credential) ?? [];
  const credentials = find(accessKeyId);
  if (!credentials || !isSame(credentials.sessionToken ?? "", claim.token ?? "")) {
    return { ok: false, ...UNKNOWN_KEY };
  }
  const signingDate = dateOf(claim.signedAt);
  const isForUs =
    place === `${scope.region}/${scope.service}/aws4_request` && day === claim.signedAt.slice(0, 8);
  const query = claim.expires === undefined ? parameters : withoutFields(parameters);
  const isCovered = coversEnough(claim, request) && !Object.keys(query).some(isNeverSigned);
  if (!signingDate || !isForUs || !isCovered) return { ok: false, ...MISMATCH };
  const untimely = untimeliness(claim, scope.now);
  if (untimely) return { ok: false, ...untimely };
  const expected = await signAgain(
    request,
    claim,
    { path, query, signingDate },
    scope,
    credentials,
  );
  return isSame(expected, claim.signature) ? { ok: true, credentials } : { ok: false, ...MISMATCH };
}

/** What a request says in its header, or else in its query; `undefined`: it is not signed. */
function claimIn(headers: SignedRequest["headers"], query: Query): Claim | undefined {
  const header = (name: string) => headerIn(headers, name);
  const authorization = header("authorization");
  const isInQuery = authorization === undefined;
  const field = (name: string) => {
    if (isInQuery) return onlyOne(query[`X-Amz-${name}`]);
    return new RegExp(`[\\s,]${name}=([^,\\s]+)`).exec(authorization)?.[1];
  };
  const algorithm = isInQuery ? field("Algorithm") : authorization.split(/\s/)[0];
  const [credential, signature] = [field("Credential"), field("Signature")];
  const signedHeaders = field("SignedHeaders")?.toLowerCase().split(";");
  const signedAt = isInQuery ? field("Date") : header("x-amz-date");
  if (algorithm !== ALGORITHM || !credential || !signature || !signedHeaders || !signedAt) {
    return undefined;
  }
  const claim = { credential, signature, signedHeaders, signedAt };
  if (!isInQuery) return { ...claim, token: header("x-amz-security-token") };
  return { ...claim, token: field("Security-Token"), expires: Number(field("Expires")) };
}

/**
 * Signs what came in as its caller says to have done: with these headers and no others, and over the
 * body as it came, whatever the request says of that.
 */
async function signAgain(
  { method, headers, body }: SignedRequest,
  { signedHeaders, expires, token }: Claim,
  { path, query, signingDate }: { path: string; query: Query; signingDate: Date },
  { region, service }: SignatureScope,
  { accessKeyId, secretAccessKey }: SigningCredentials,
): Promise<string> {
  const signed = new Set(signedHeaders);
  // A header without a value here was signed, but not sent.
  const bag = signedHeaders.map((name) => [name, utf8(headerIn(headers, name) ?? "")]);
  // A token that came later than the signature may be unsigned.
  const isTokenSigned = expires !== undefined || signed.has("x-amz-security-token");
  const credentials = {
    accessKeyId,
    secretAccessKey,
    ...(isTokenSigned && token !== undefined && { sessionToken: token }),
  };
  const settings = { credentials, region, service, sha256: SHA256, applyChecksum: false };
  const signer = new SignatureV4(settings);
  const unsigned = {
    method,
    protocol: "http:",
    hostname: "",
    path: utf8(path),
    query,
    headers: Object.fromEntries(bag),
    body,
  };
  if (expires === undefined) {
    const again = await signer.sign(unsigned, { signingDate, signableHeaders: signed });
    return String(again.headers.authorization).split("Signature=")[1] ?? "";
  }
  const again = await signer.presign(unsigned, {
    signingDate,
    expiresIn: expires,
    signableHeaders: signed,
    unhoistableHeaders: signed,
  });
  return String(again.query?.["X-Amz-Signature"]);
}

/** A query as it was before it was signed. */
function withoutFields(query: Query): Query {
  const isField = ([name, values]: [string, string[]]) =>
    QUERY_FIELDS.includes(name) && onlyOne(values) !== undefined;
  return Object.fromEntries(Object.entries(query).filter((entry) => !isField(entry)));
}

function isNeverSigned(name: string): boolean {
  return NEVER_SIGNED.test(name);
}

/** `undefined` when there is none, or more than one. */
function onlyOne(values: readonly string[] | undefined): string | undefined {
  return values?.length === 1 ? values[0] : undefined;
}

/** Why the time is not one at which a signature is valid. */
function untimeliness({ signedAt, expires }: Claim, now: Date): SignatureRefusal | undefined {
  const lifeMs = expires === undefined ? TOLERANCE_MS : expires * 1_000;
  const early = amzDate(new Date(now.getTime() - lifeMs));
  const late = amzDate(new Date(now.getTime() + TOLERANCE_MS));
  // Written like this, an earlier date is a smaller text.
  if (signedAt < early) {
    const minutes = Math.floor(lifeMs / 60_000);
    return invalid(
      `Signature expired: ${signedAt} is now earlier than ${early} (${amzDate(now)} - ${minutes} min.)`,
    );
  }
  if (signedAt > late) {
    return invalid(
      `Signature not yet current: ${signedAt} is still later than ${late} (${amzDate(now)} + 5 min.)`,
    );
  }
  return undefined;
}

/** What must be signed is, and what the request says of its body is true or nothing. */
function coversEnough({ signedHeaders, expires }: Claim, { headers, body }: SignedRequest) {
  const needed = Object.keys(headers).filter(
    (name) => name.startsWith("x-amz-") && name !== "x-amz-security-token",
  );
  const hash = headerIn(headers, "x-amz-content-sha256");
  const isValid = expires === undefined || (expires > 0 && expires <= MAX_EXPIRES_S);
  return (
    isValid &&
    ["host", ...needed].every((name) => signedHeaders.includes(name)) &&
    (hash === undefined || hash === createHash("sha256").update(body).digest("hex"))
  );
}

/** The values of a header, whose name a caller chooses; `undefined`: the request does not have it. */
function headerIn(headers: SignedRequest["headers"], name: string): string | undefined {
  const value = Object.hasOwn(headers, name) ? headers[name] : undefined;
  return value === undefined ? undefined : [value].flat().join(",");
}

function queryOf(text: string): Query {
  const values = new Map<string, string[]>();
  for (const parameter of text.split("&").filter((one) => one !== "")) {
    const [name = "", ...value] = parameter.split("=").map((part) => decode(utf8(part)));
    // What stands behind another equals sign is still of the value.
    values.set(name, [...(values.get(name) ?? []), value.join("=")]);
  }
  return Object.fromEntries(values);
}

/** A `+` is itself, as in any URL, and not a form's space; and a `%` without two digits is too. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** A text of one character per byte, as the text that its bytes stand for. */
function utf8(text: string): string {
  const bytes = Buffer.from(text, "latin1");
  return isUtf8(bytes) ? bytes.toString() : text;
}

/** Compares in a time that tells nothing: digests have one length, whatever they are made of. */
function isSame(secret: string, given: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(secret), digest(given));
}

/** `undefined` when it is none. */
function dateOf(text: string): Date | undefined {
  const [, ...parts] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text) ?? [];
  const [year, month, day, hours, minutes, seconds] = parts;
  const date = new Date(`${year}-${month}-${day}T${hours}:${minutes}:${seconds}Z`);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** Such as `20150830T123600Z`. */
function amzDate(date: Date): string {
  return date.toISOString().replace(/[-:]|\.\d+/g, "");
}

/**
 * No page lists the bodies of Function URLs. This one was seen there, with its capital letter, and is
 * described in https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
 */
export const UNSIGNED: SignatureRefusal = {
  errorType: "AccessDeniedException",
  body: {
    Message:
      "Forbidden. For troubleshooting Function URL authorization issues, see: " +
      "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html",
  },
};

/**
 * Documented among the errors that all services have, the words seen at other services; assumed for
 * Function URLs. https://docs.aws.amazon.com/lambda/latest/api/CommonErrors.html
 */
const UNKNOWN_KEY: SignatureRefusal = {
  errorType: "UnrecognizedClientException",
  body: { message: "The security token included in the request is invalid." },
};

/**
 * Seen at a Function URL, for an unsigned payload too:
 * https://repost.aws/questions/QUPuq7VvHJRwWxVA3XJIgNKQ
 */
const MISMATCH = invalid(
  "The request signature we calculated does not match the signature you provided. Check your " +
    "AWS Secret Access Key and signing method. Consult the service documentation for details.",
);

/**
 * That of a header's date is documented for Lambda's API, the others were seen at other services and
 * are assumed here. https://repost.aws/knowledge-center/lambda-sdk-signature
 */
function invalid(message: string): SignatureRefusal {
  return { errorType: "InvalidSignatureException", body: { message } };
}
