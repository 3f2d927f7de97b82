/**
 * Stands in for AWS in tests of the deployment, in the test's own process: one account, the provider
 * that Pulumi's engine asks, and an HTTP server for the SDKs of the programs under test. It runs what is
 * deployed on the embedded Lambda. Nothing of it outlives the test.
 */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { temporaryFile } from "../processes.ts";
import { Account, AwsError } from "./aws/account.ts";
import { functionKinds, unreserved } from "./aws/functions.ts";
import { plainKinds } from "./aws/kinds.ts";
import { Logs } from "./aws/logs.ts";
import { serveProvider } from "./aws/provider.ts";
import { webFunctionKinds } from "./aws/web-functions.ts";
import type { Plugin } from "./grpc-server.ts";

export class StandInAws {
  readonly account: Account;
  readonly logs: Logs;
  readonly #provider: Plugin;
  readonly #server = createServer((request, response) => {
    this.#serve(request, response).catch(() => response.destroy());
  });
  /** The file of the certificate, which programs are to trust. */
  readonly #certificateFile: string;

  private constructor(account: Account, provider: Plugin) {
    this.account = account;
    this.logs = new Logs(account);
    this.#provider = provider;
    this.#certificateFile = temporaryFile("aws.pem", account.certificate.cert);
    Object.assign(
      account.kinds,
      plainKinds(account),
      functionKinds(account, this.logs),
      webFunctionKinds(account, this.logs),
    );
  }

  /** Starts it for one test. */
  static async start(): Promise<StandInAws> {
    const account = new Account();
    const aws = new StandInAws(account, await serveProvider(account));
    await new Promise<void>((resolve) => aws.#server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => aws.#close());
    return aws;
  }

  /** Where Pulumi's engine finds the provider, on loopback. */
  get providerPort(): number {
    return this.#provider.port;
  }

  /** What programs need in their environment to take it for AWS. */
  get environment(): Record<string, string> {
    const { accessKeyId, secretAccessKey, sessionToken } = this.account.credentials;
    const url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return {
      NODE_EXTRA_CA_CERTS: this.#certificateFile,
      AWS_REGION: this.account.region,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_SESSION_TOKEN: sessionToken,
      AWS_ENDPOINT_URL_LAMBDA: url,
      AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: url,
    };
  }

  /** Ends it and everything that was deployed. */
  async #close(): Promise<void> {
    this.#provider.close();
    await this.account.close();
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
      response.end(JSON.stringify({ __type: type, message }));
    }
  }

  async #answer(request: IncomingMessage, body: Buffer): Promise<object> {
    const { method = "", url: target = "" } = request;
    const signed = { method, target, headers: request.headersDistinct, body };
    if (method === "GET" && /^\/2016-08-19\/account-settings\/?$/.test(target)) {
      await this.account.authenticate("lambda", signed);
      this.account.note("GetAccountSettings");
      return { AccountLimit: { UnreservedConcurrentExecutions: unreserved(this.account) } };
    }
    if (request.headers["x-amz-target"] === "Logs_20140328.FilterLogEvents") {
      await this.account.authenticate("logs", signed);
      this.account.note("FilterLogEvents");
      return this.logs.filterLogEvents(JSON.parse(body.toString()));
    }
    throw new AwsError("UnknownOperationException", `${method} ${target} is not stood in for`, 404);
  }
}
