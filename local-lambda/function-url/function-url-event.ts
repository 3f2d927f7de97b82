/**
 * The event that a Function URL makes of an HTTP request, payload format 2.0.
 * https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
 */

import { isUtf8 } from "node:buffer";
import { randomBytes } from "node:crypto";
import type { UrlRequest } from "../invocation.ts";

/**
 * Media types whose bodies arrive as text; all others as base64, a form's among them. AWS does not
 * list them for Function URLs; these are the ones that its HTTP APIs, of the same format, treat so.
 */
const TEXT_TYPE = /^(text\/.*|application\/(json|javascript|xml|.*\+json|.*\+xml))$/;

/** Makes the event of a request; `accountId` is `anonymous` where nobody needs to sign. */
export function functionUrlEvent(request: UrlRequest) {
  const { receivedAt, identity } = request;
  const headers = eventHeaders(request);
  const { rawPath, rawQueryString } = splitTarget(request.target);
  const path = decodeAsFarAsPossible(rawPath);
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
        authorizer: { iam: { ...identity, cognitoIdentity: null, principalOrgId: null } },
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

/** Whether its type is one of text, and it is text: anything else would lose bytes as a string. */
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

/** Path and query of a target, as sent. */
export function splitTarget(target: string): { rawPath: string; rawQueryString: string } {
  const [rawPath = "", ...behind] = target.split("?");
  return { rawPath, rawQueryString: behind.join("?") };
}

/** A text with its percent signs decoded, or as it came where one of them stands for nothing. */
export function decodeAsFarAsPossible(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Such as `12/Mar/2026:19:03:58 +0000`. */
function commonLogTime(date: Date): string {
  const [, day, month, year, time] = date.toUTCString().split(" ");
  return `${day}/${month}/${year}:${time} +0000`;
}
