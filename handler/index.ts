/** The entry of a Lambda function, which a Function URL calls. */
import { answerRequest } from "./answer.ts";

/** The part of a Function URL's event (payload format 2.0) that is read here. */
interface FunctionUrlEvent {
  body?: string;
  isBase64Encoded?: boolean;
}

interface FunctionUrlResult {
  statusCode: number;
  headers: { "content-type": string };
  body: string;
}

/**
 * Serves one request of a Function URL.
 * https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
 */
export async function handler(
  event: FunctionUrlEvent,
  context: { awsRequestId: string },
): Promise<FunctionUrlResult> {
  const { statusCode, body } = await answerRequest(bodyOf(event), context.awsRequestId);
  return { statusCode, headers: { "content-type": "application/json" }, body };
}

/**
 * Function URLs hand over bodies of unknown media types, such as curl's default one, as base64.
 * Whoever may invoke the function by other ways can send an event of any kind: what is no text is no
 * body.
 */
function bodyOf(event: FunctionUrlEvent | null): string | undefined {
  const body = event?.body;
  if (typeof body !== "string") return undefined;
  return event?.isBase64Encoded === true ? Buffer.from(body, "base64").toString("utf8") : body;
}
