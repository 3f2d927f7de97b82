/** The same handler behind a bare HTTP server: `node bare-http.ts BUNDLE`. */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { pathToFileURL } from "node:url";

const [, , bundle = ""] = process.argv;
const { handler } = await import(pathToFileURL(bundle).href);

const server = createServer(async (request, response) => {
  let body = "";
  for await (const chunk of request.setEncoding("utf8")) body += chunk;
  const answer = await handler({ body }, { awsRequestId: "bare" });
  response.writeHead(answer.statusCode, answer.headers).end(answer.body);
});
// What the handler logs goes where the embedded Lambda's does: to a reader on a pipe.
server.listen(0, "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
});
