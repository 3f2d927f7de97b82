/**
 * Stands in for AWS in tests of the deployment: an HTTP server of the test's own process, with one
 * account behind it. It is asked by the stand-in provider, and by the SDKs of the programs under
 * test, and runs what is deployed on the embedded Lambda. Nothing of it outlives the test.
 */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { onTestFinished } from "vitest";
import { Account } from "./aws/account.ts";
import { authenticate, denied, type Fault, type Operation } from "./aws/api.ts";
import { AwsError } from "./aws/aws-error.ts";
import { accountSettings } from "./aws/lambda-api.ts";
import { filterLogEvents } from "./aws/logs-api.ts";
import { answerProvider } from "./aws/provider-api.ts";

export class StandInAws {
  readonly account = new Account();
  /** What a test made of an API: it denies, or takes its time. */
  readonly faults = new Map<Operation, Fault>();
  readonly #server = createServer((request, response) => {
    this.#serve(request, response).catch(() => response.destroy());
  });
  readonly #closed = new AbortController();

  /** Starts it for one test. */
  static async start(): Promise<StandInAws> {
    const aws = new StandInAws();
    await new Promise<void>((resolve) => aws.#server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => aws.close());
    return aws;
  }

  get url(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}`;
  }

  /** What programs need in their environment to take it for AWS. */
  get environment(): Record<string, string> {
    const { accessKeyId, secretAccessKey, sessionToken } = this.account.credentials;
    return {
      STAND_IN_AWS: this.url,
      AWS_REGION: this.account.region,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_SESSION_TOKEN: sessionToken,
      AWS_ENDPOINT_URL_LAMBDA: this.url,
      AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: this.url,
    };
  }

  /** Ends it and everything that was deployed. */
  async close(): Promise<void> {
    this.#closed.abort();
    await this.account.close();
    if (!this.#server.listening) return;
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    try {
      const answer = await this.#answer(request, Buffer.concat(chunks));
      response.writeHead(200, { "content-type": "application/x-amz-json-1.1" });
      response.end(JSON.stringify(answer));
    } catch (error) {
      const { type, status, message } =
        error instanceof AwsError ? error : new AwsError("InternalFailure", String(error), 500);
      response.writeHead(status, { "x-amzn-errortype": type });
      response.end(JSON.stringify({ __type: type, message: `${type}: ${message}` }));
    }
  }

  async #answer(request: IncomingMessage, body: Buffer): Promise<object> {
    const { method = "", url: target = "" } = request;
    if (target === "/provider") return answerProvider(this.account, JSON.parse(body.toString()));
    const signed = { method, target, headers: request.headersDistinct, body };
    if (method === "GET" && /^\/2016-08-19\/account-settings\/?$/.test(target)) {
      await authenticate(this.account, "lambda", signed);
      await this.#admit("lambda", "GetAccountSettings");
      return accountSettings(this.account);
    }
    if (request.headers["x-amz-target"] === "Logs_20140328.FilterLogEvents") {
      await authenticate(this.account, "logs", signed);
      await this.#admit("logs", "FilterLogEvents");
      return filterLogEvents(this.account, JSON.parse(body.toString()));
    }
    throw new AwsError("UnknownOperationException", `${method} ${target} is not stood in for`, 404);
  }

  /** Notes a call, and lets a test's wish for trouble come true. */
  async #admit(service: string, operation: Operation): Promise<void> {
    this.account.note(operation);
    const fault = this.faults.get(operation);
    if (fault === "denied") throw denied(this.account, service, operation);
    if (fault) await wait(fault.slowMs, undefined, { signal: this.#closed.signal });
  }
}
