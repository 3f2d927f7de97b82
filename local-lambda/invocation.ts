/** One request on its way through the service, from the Function URL to a runtime and back. */

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
  /** The caller that signed it, where callers must sign. */
  identity?: IamIdentity;
}

/** A caller as IAM knows it. The ids are those of a user, the names those of the event. */
export interface IamIdentity {
  accessKey: string;
  accountId: string;
  callerId: string;
  userArn: string;
  userId: string;
}

export interface Invocation {
  readonly requestId: string;
  /** The event, as JSON. */
  readonly event: string;
  /** Answers the request with a stream while the handler runs on. */
  readonly begin: (stream: ResponseStream) => void;
  /** Ends the invocation; only the first call counts, and as an answer only if it has not begun. */
  readonly end: (result: InvocationResult) => void;
}

/**
 * The largest payload of a synchronous invocation, in bytes.
 * https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
export const MAX_PAYLOAD_BYTES = 6 * 1024 * 1024;

/** How an invocation is answered. */
export type InvocationResult =
  /**
   * A runtime posted what the handler returned, as JSON, or what a streaming handler wrote, which
   * has a content type.
   */
  | { kind: "response"; body: Buffer; contentType?: string }
  /** A runtime has begun to send what the handler still writes. */
  | ({ kind: "stream" } & ResponseStream)
  /** A web server answered by itself. */
  | { kind: "http"; response: UrlResponse }
  | FunctionFailure
  | { kind: "throttled" }
  /** The request makes a larger event than a function may be given. */
  | { kind: "too-large" };

/** The function failed: it threw, exited, or took too long. */
export interface FunctionFailure {
  kind: "error";
  errorType: string;
  errorMessage: string;
}

/**
 * The error of a request to a Web Function that took too long, which is answered with 504.
 * https://docs.aws.amazon.com/lambda/latest/dg/web-functions-revisions-timeout.html
 */
export const REQUEST_TIMEOUT = "Runtime.RequestTimeout";

/** What a runtime sends while its handler still writes. */
export interface ResponseStream {
  /** As the handler set it. */
  contentType: string;
  /** Breaks with a {@link BrokenStream} when the function fails. */
  body: AsyncIterable<Buffer>;
  /** Nobody reads it any more: what the handler still writes is thrown away. */
  leave: () => void;
}

/** Why a stream has broken: the function failed while its answer was on the way. */
export class BrokenStream extends Error {
  override readonly name = "BrokenStream";
  readonly errorType: string;

  constructor({ errorType, errorMessage }: Omit<FunctionFailure, "kind">) {
    super(errorMessage);
    this.errorType = errorType;
  }
}

/** What an HTTP response begins with. */
export interface ResponseHead {
  statusCode: number;
  /** By lower-case name. */
  headers: Record<string, string | string[]>;
}

export interface UrlResponse extends ResponseHead {
  body: Buffer;
}
