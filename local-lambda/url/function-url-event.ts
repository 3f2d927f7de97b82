/**
 * The event that a Function URL makes of an HTTP request, payload format 2.0.
 * https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
 */

import type { IncomingHttpHeaders } from "node:http";

/** An HTTP request as it came in. */
export interface UrlRequest {
  requestId: string;
  method: string;
  /** Path and query, as sent. */
  target: string;
  /** Such as `HTTP/1.1`. */
  protocol: string;
  headers: IncomingHttpHeaders;
  sourceIp: string;
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
  const { headers, receivedAt, identity } = request;
  const [rawPath = "/", rawQueryString = ""] = splitOnce(request.target, "?");
  const path = decodePath(rawPath);
  const domainName = headers.host ?? "localhost";
  const [domainPrefix = ""] = domainName.split(/[.:]/);
  const cookies = headers.cookie?.split(/; */).filter((cookie) => cookie !== "");
  const query = queryParameters(rawQueryString);
  const mediaType = (headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  const isBase64Encoded = request.body.length > 0 && !TEXT_TYPE.test(mediaType);
  return {
    version: "2.0",
    routeKey: "$default",
    rawPath: path,
    rawQueryString,
    ...(cookies && cookies.length > 0 && { cookies }),
    headers: joinHeaders(headers),
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

/** Values of one name are joined by commas; cookies stand apart from the headers. */
function joinHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const joined: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (name === "cookie" || value === undefined) continue;
    joined[name] = Array.isArray(value) ? value.join(",") : value;
  }
  return joined;
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
