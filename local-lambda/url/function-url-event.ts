/**
 * The event that a Function URL makes of an HTTP request, payload format 2.0.
 * https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
 */

import { isUtf8 } from "node:buffer";
import { randomBytes } from "node:crypto";

/** An HTTP request as it came in. */
export interface UrlRequest {
  requestId: string;
  method: string;
  /** Path and query, as sent. */
  target: string;
  /** Such as `HTTP/1.1`. */
  protocol: string;
  /** Their values, as Node.js's `headersDistinct` keeps them apart. */
  headers: NodeJS.Dict<string[]>;
  sourceIp: string;
  /** Where the URL listens. */
  port: number;
  body: Buffer;
  receivedAt: Date;
  /** Who signed it, where callers must sign. */
  identity?: IamIdentity;
}

/** A caller as IAM knows it. The ids are those of a user, the names those of the event. */
export interface IamIdentity {
  accessKey: string;
  accountId: string;
  callerId: string;
  userArn: string;
  userId: string;
  /** Of the caller's organization; absent or `null`: none. */
  principalOrgId?: string | null;
}

export interface FunctionUrlEvent {
  version: "2.0";
  routeKey: "$default";
  rawPath: string;
  rawQueryString: string;
  cookies?: string[];
  headers: Record<string, string>;
  queryStringParameters?: Record<string, string>;
  requestContext: {
    /** `anonymous` where nobody needs to sign. */
    accountId: string;
    apiId: string;
    authorizer?: { iam: Required<IamIdentity> & { cognitoIdentity: null } };
    domainName: string;
    domainPrefix: string;
    http: { method: string; path: string; protocol: string; sourceIp: string; userAgent: string };
    requestId: string;
    routeKey: "$default";
    stage: "$default";
    time: string;
    timeEpoch: number;
  };
  body?: string;
  isBase64Encoded: boolean;
}

/**
 * Media types whose bodies arrive as text; all others as base64, a form's among them. AWS does not
 * list them for Function URLs; these are the ones that its HTTP APIs, of the same format, treat so.
 */
const TEXT_TYPE = /^(text\/.*|application\/(json|javascript|xml|.*\+json|.*\+xml))$/;

export function functionUrlEvent(request: UrlRequest): FunctionUrlEvent {
  const { receivedAt, identity } = request;
  const headers = eventHeaders(request);
  const [rawPath = "/", rawQueryString = ""] = splitOnce(request.target, "?");
  const path = decodePath(rawPath);
  const domainName = headers.host ?? "localhost";
  const [domainPrefix = ""] = domainName.split(/[.:]/);
  const cookies = (request.headers.cookie ?? [])
    .flatMap((line) => line.split(/; */))
    .filter((cookie) => cookie !== "");
  const query = queryParameters(rawQueryString);
  const isBase64Encoded = request.body.length > 0 && !isText(headers, request.body);
  return {
    version: "2.0",
    routeKey: "$default",
    rawPath: path,
    rawQueryString,
    ...(cookies.length > 0 && { cookies }),
    headers,
    ...(query && { queryStringParameters: query }),
    requestContext: {
      accountId: identity?.accountId ?? "anonymous",
      apiId: domainPrefix,
      ...(identity && {
        authorizer: { iam: { principalOrgId: null, ...identity, cognitoIdentity: null } },
      }),
      domainName,
      domainPrefix,
      http: {
        method: request.method,
        path,
        protocol: request.protocol,
        sourceIp: request.sourceIp,
        userAgent: headers["user-agent"] ?? "",
      },
      requestId: request.requestId,
      routeKey: "$default",
      stage: "$default",
      time: commonLogTime(receivedAt),
      timeEpoch: receivedAt.getTime(),
    },
    ...(request.body.length > 0 && {
      body: request.body.toString(isBase64Encoded ? "base64" : "utf8"),
    }),
    isBase64Encoded,
  };
}

/**
 * The headers of the request and those that the service adds. Values of one name are joined by
 * commas; cookies stand apart from the headers. That a caller's own values stay, with the caller's
 * address behind them, is assumed: AWS documents it for Web Functions only.
 * https://docs.aws.amazon.com/lambda/latest/dg/web-functions-http.html
 */
function eventHeaders(request: UrlRequest): Record<string, string> {
  const { sourceIp, port, receivedAt } = request;
  const { "x-forwarded-for": forwardedFor = [], cookie: _, ...others } = request.headers;
  const joined: Record<string, string> = {
    "x-forwarded-for": [...forwardedFor, sourceIp].join(", "),
    "x-forwarded-proto": "http",
    "x-forwarded-port": String(port),
    "x-amzn-trace-id": newTraceId(receivedAt),
  };
  for (const [name, values] of Object.entries(others)) {
    if (values !== undefined) joined[name] = values.join(",");
  }
  return joined;
}

/** https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html#xray-api-traceids */
function newTraceId(receivedAt: Date): string {
  const seconds = Math.floor(receivedAt.getTime() / 1_000).toString(16);
  return `Root=1-${seconds.padStart(8, "0")}-${randomBytes(12).toString("hex")}`;
}

/** It is said to be text, and is: anything else would lose bytes as a string. */
function isText(headers: Record<string, string>, body: Buffer): boolean {
  const { "content-type": type = "", "content-encoding": encoding = "identity" } = headers;
  const mediaType = type.split(";")[0]?.trim().toLowerCase() ?? "";
  const isPlain = encoding.trim().toLowerCase() === "identity";
  return isPlain && TEXT_TYPE.test(mediaType) && isUtf8(body);
}

function queryParameters(query: string): Record<string, string> | undefined {
  if (query === "") return undefined;
  const parameters = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(query)) {
    const earlier = parameters.get(name);
    parameters.set(name, earlier === undefined ? value : `${earlier},${value}`);
  }
  return Object.fromEntries(parameters);
}

function splitOnce(text: string, separator: string): string[] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + separator.length)];
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** Such as `12/Mar/2026:19:03:58 +0000`. */
function commonLogTime(date: Date): string {
  const [, day, month, year, time] = date.toUTCString().split(" ");
  return `${day}/${month}/${year}:${time} +0000`;
}
