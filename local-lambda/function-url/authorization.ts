/**
 * Lets callers of a Function URL in: all of them, or those that sign. Signature Version 4 of a request
 * stands in its `authorization` header or in its query. To verify it, AWS's own package signs what
 * came in anew, and the two signatures must be the same.
 * https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
 */

import assert from "node:assert/strict";
import { isUtf8 } from "node:buffer";
import { createHash, timingSafeEqual } from "node:crypto";
import { Hash } from "@smithy/hash-node";
import { SignatureV4 } from "@smithy/signature-v4";
import { LOCAL_ACCOUNT } from "../function-configuration.ts";
import { respond } from "../http-messages.ts";
import type { IamIdentity, UrlRequest, UrlResponse } from "../invocation.ts";
import { StartError } from "../start-error.ts";
import { decodeAsFarAsPossible, splitTarget } from "./function-url-event.ts";

/** A caller who is let in, known by name or not; or what is answered instead. */
type Admission =
  | { admitted: true; identity?: IamIdentity }
  | { admitted: false; response: UrlResponse };

/** Decides on a request that has arrived whole, before it is given to the function. */
export type Authorize = (request: SignedRequest) => Admission | Promise<Admission>;

/** What of a request can be signed. Texts are as Node.js gives them: one character per byte. */
export type SignedRequest = Pick<UrlRequest, "method" | "target"> & {
  /** By lower-case name. */
  headers: NodeJS.Dict<string | string[]>;
  body: Uint8Array;
};

/** What a caller may sign with. */
export interface SigningCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  /** Of temporary credentials, which are not valid without it. */
  sessionToken?: string;
}

/** For whom and when a signature must have been made. */
interface SignatureScope {
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
const DATE_HEADER = "x-amz-date";
const TOKEN_HEADER = "x-amz-security-token";
/** Parameters that AWS's package leaves out of what it signs: anybody could add them. */
const NEVER_SIGNED = /^(__proto__|x-amz-signature)$/i;
/**
 * How far a request's date may be from the clock, in milliseconds.
 * https://repost.aws/knowledge-center/lambda-sdk-signature
 */
const TOLERANCE_MS = 300_000;
/** https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html */
const MAX_EXPIRES_S = 604_800;

/**
 * The caller's credentials in AWS's own environment variables.
 * https://docs.aws.amazon.com/sdkref/latest/guide/environment-variables.html
 *
 * @throws StartError when they are missing
 */
export function credentialsIn(env: NodeJS.ProcessEnv): SigningCredentials {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = env;
  if (!AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY) {
    const variable = AWS_ACCESS_KEY_ID ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID";
    throw new StartError("no credentials", { variable });
  }
  return {
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
    ...(AWS_SESSION_TOKEN && { sessionToken: AWS_SESSION_TOKEN }),
  };
}

/**
 * The mode `AWS_IAM` for one caller: requests signed for Lambda in `region` with these credentials.
 * Only IAM knows whom a key belongs to: a user of the local account is assumed.
 */
export function iamAuthorization(region: string, credentials: SigningCredentials): Authorize {
  const identity: IamIdentity = {
    accessKey: credentials.accessKeyId,
    accountId: LOCAL_ACCOUNT,
    callerId: "AIDALOCAL",
    userArn: `arn:aws:iam::${LOCAL_ACCOUNT}:user/local`,
    userId: "AIDALOCAL",
  };
  return async (request) => {
    const scope = { region, service: "lambda", now: new Date() };
    const refusal = await verifySignature(request, scope, credentials);
    return refusal ? forbid(refusal) : { admitted: true, identity };
  };
}

/** Answers 403, as AWS does. */
export function forbid({ errorType, body }: SignatureRefusal): Admission {
  const response = respond(403, { "x-amzn-errortype": errorType }, JSON.stringify(body));
  return { admitted: false, response };
}

/**
 * Checks who signed a request and that it is the one that was signed: nothing of its method, path,
 * query, signed headers or body has changed, and it was signed for this scope. Host and, except
 * for the session token, every `x-amz-` header of the request must be signed.
 *
 * @param credentials of the only caller who is known
 * @returns what AWS says when it refuses; `undefined`: the request is good
 */
export async function verifySignature(
  request: SignedRequest,
  scope: SignatureScope,
  credentials: SigningCredentials,
): Promise<SignatureRefusal | undefined> {
  const { rawPath, rawQueryString } = splitTarget(request.target);
  const query = queryOf(rawQueryString);
  const claim = claimIn(request.headers, query);
  if (!claim) return UNSIGNED;
  const { accessKeyId, sessionToken = "" } = credentials;
  // An access key may hold slashes; the scope behind it does not.
  const [, key, day, place] = /^(.+)\/(\d{8})\/(.+)$/.exec(claim.credential) ?? [];
  if (key !== accessKeyId || !isSame(sessionToken, claim.token ?? "")) return UNKNOWN_KEY;
  const signingDate = dateOf(claim.signedAt);
  const isForUs =
    place === `${scope.region}/${scope.service}/aws4_request` && day === claim.signedAt.slice(0, 8);
  if (!signingDate || !isForUs || !isCovered(request, query, claim)) return MISMATCH;
  const untimely = untimeliness(claim, scope.now);
  if (untimely) return untimely;
  const expected = await signAgain(request, rawPath, query, claim, signingDate, scope, credentials);
  return isSame(expected, claim.signature) ? undefined : MISMATCH;
}

/** What a request says in its header, or else in its query; `undefined`: it is not signed. */
function claimIn(headers: SignedRequest["headers"], query: Query): Claim | undefined {
  const authorization = headerIn(headers, "authorization");
  const isInQuery = authorization === undefined;
  const field = (name: string) => {
    if (!isInQuery) return new RegExp(`[\\s,]${name}=([^,\\s]+)`).exec(authorization)?.[1];
    const values = query[`X-Amz-${name}`];
    return values?.length === 1 ? values[0] : undefined;
  };
  const algorithm = isInQuery ? field("Algorithm") : authorization.split(/\s/)[0];
  const [credential, signature] = [field("Credential"), field("Signature")];
  const signedHeaders = field("SignedHeaders")?.toLowerCase().split(";");
  const signedAt = isInQuery ? field("Date") : headerIn(headers, DATE_HEADER);
  if (algorithm !== ALGORITHM || !credential || !signature || !signedHeaders || !signedAt) {
    return undefined;
  }
  const claim = { credential, signature, signedHeaders, signedAt };
  if (!isInQuery) return { ...claim, token: headerIn(headers, TOKEN_HEADER) };
  return { ...claim, token: field("Security-Token"), expires: Number(field("Expires")) };
}

/** What must be signed is, and what the request says of its body is true or nothing. */
function isCovered({ headers, body }: SignedRequest, query: Query, claim: Claim): boolean {
  const { signedHeaders, expires } = claim;
  const needed = Object.keys(headers).filter(
    (name) => name.startsWith("x-amz-") && name !== TOKEN_HEADER,
  );
  const neverSigned = Object.keys(query).filter((name) => NEVER_SIGNED.test(name));
  const hash = headerIn(headers, "x-amz-content-sha256");
  const date = headerIn(headers, DATE_HEADER);
  return (
    neverSigned.join() === (expires === undefined ? "" : "X-Amz-Signature") &&
    (expires === undefined || (expires > 0 && expires <= MAX_EXPIRES_S)) &&
    ["host", ...needed].every((name) => signedHeaders.includes(name)) &&
    (hash === undefined || hash === sha256(body).toString("hex")) &&
    // The package signs the date of the signature, whatever the header says.
    (date === undefined || date === claim.signedAt)
  );
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

/**
 * Signs what came in as its caller says to have done: with these headers and no others, and over the
 * body as it came, whatever the request says of that. A signature in a query is made like one in a
 * header, but without the date as a header; the package leaves the signature itself out.
 */
async function signAgain(
  { method, headers, body }: SignedRequest,
  path: string,
  query: Query,
  { signedHeaders }: Claim,
  signingDate: Date,
  { region, service }: SignatureScope,
  { accessKeyId, secretAccessKey }: SigningCredentials,
): Promise<string> {
  const signer = new SignatureV4({
    // A session token is signed where it came: as a header, a parameter, or not at all.
    credentials: { accessKeyId, secretAccessKey },
    region,
    service,
    sha256: Hash.bind(null, "sha256"),
    applyChecksum: false,
  });
  // A header without a value here was signed, but not sent.
  const bag = signedHeaders.map((name) => [name, utf8(headerIn(headers, name) ?? "")]);
  const again = await signer.sign(
    {
      method,
      protocol: "http:",
      hostname: "",
      path: utf8(path),
      query,
      headers: Object.fromEntries(bag),
      body,
    },
    {
      signingDate,
      signableHeaders: new Set(signedHeaders),
      unsignableHeaders: new Set([DATE_HEADER]),
    },
  );
  const [, signature] = String(again.headers.authorization).split("Signature=");
  assert(signature, "what was signed again has a signature");
  return signature;
}

/** The values of a header, whose name a caller chooses; `undefined`: the request does not have it. */
function headerIn(headers: SignedRequest["headers"], name: string): string | undefined {
  const value = Object.hasOwn(headers, name) ? headers[name] : undefined;
  return value === undefined ? undefined : [value].flat().join(",");
}

/** A `+` is itself here, as in any URL, and not a form's space. */
function queryOf(text: string): Query {
  const values = new Map<string, string[]>();
  for (const parameter of text.split("&").filter((one) => one !== "")) {
    const [name = "", ...value] = parameter
      .split("=")
      .map((part) => decodeAsFarAsPossible(utf8(part)));
    // What stands behind another equals sign is still of the value.
    values.set(name, [...(values.get(name) ?? []), value.join("=")]);
  }
  return Object.fromEntries(values);
}

/** A text of one character per byte, as the text that its bytes stand for. */
function utf8(text: string): string {
  const bytes = Buffer.from(text, "latin1");
  return isUtf8(bytes) ? bytes.toString() : text;
}

/** Compares in a time that depends on neither: digests have one length, whatever they are made of. */
function isSame(secret: string, given: string): boolean {
  return timingSafeEqual(sha256(secret), sha256(given));
}

function sha256(content: string | Uint8Array): Buffer {
  return createHash("sha256").update(content).digest();
}

/** `undefined` when it is none. */
function dateOf(text: string): Date | undefined {
  const form = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;
  const date = new Date(form.test(text) ? text.replace(form, "$1-$2-$3T$4:$5:$6Z") : Number.NaN);
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
