/**
 * The entry of a Web Function: an HTTP server that answers any method and path. It takes each request
 * as soon as it has come, whatever else is running, as any plain server does.
 * https://docs.aws.amazon.com/lambda/latest/dg/web-functions-nodejs.html
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { answerRequest } from "./answer.ts";

/**
 * Where the server must listen, as `host:port`. Off AWS nobody says so, and nobody else may ask.
 * https://docs.aws.amazon.com/lambda/latest/dg/web-functions-revisions-env-vars.html
 */
const { AWS_LAMBDA_HTTP_ENDPOINT = "127.0.0.1:3000" } = process.env;
const colon = AWS_LAMBDA_HTTP_ENDPOINT.lastIndexOf(":");

// Lambda keeps its connections for later requests: none is closed for being idle or unused.
const server = createServer({ keepAliveTimeout: 0, headersTimeout: 0, requestTimeout: 0 });
server.on("request", (request, response) => {
  serve(request, response).catch((error: unknown) => {
    console.error(error);
    // What web frameworks answer when a handler throws. Of the reason, the first line.
    const [reason] = `${error}`.split("\n", 1);
    respond(response, 500, JSON.stringify({ message: `Internal Server Error (${reason})` }));
  });
});
server.listen({
  host: AWS_LAMBDA_HTTP_ENDPOINT.slice(0, colon),
  port: Number(AWS_LAMBDA_HTTP_ENDPOINT.slice(colon + 1)),
});

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let text: string;
  try {
    text = (await buffer(request)).toString();
  } catch {
    // The caller has gone.
    return;
  }
  // https://docs.aws.amazon.com/lambda/latest/dg/web-functions-http.html
  const requestId = String(request.headers["lambda-web-request-id"] ?? "");
  const { statusCode, body } = await answerRequest(text, requestId);
  respond(response, statusCode, body);
}

function respond(response: ServerResponse, statusCode: number, body: string): void {
  const headers = {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
  };
  response.writeHead(statusCode, headers).end(body);
}
