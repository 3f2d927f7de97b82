/**
 * Stands in for AWS in tests of the deployment: an HTTP server of the test's own process, with one
 * account behind it. It is asked by the stand-in provider, and by the SDKs of the programs under
 * test, and runs what is deployed on the embedded Lambda. Nothing of it outlives the test.
 */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { temporaryFile } from "../processes.ts";
import { Account, AwsError, type Operation } from "./aws/account.ts";
import { Archives } from "./aws/archives.ts";
import { CapacityProviders } from "./aws/capacity-providers.ts";
import { CloudFormation } from "./aws/cloudformation.ts";
import { Ec2 } from "./aws/ec2.ts";
import { FunctionUrls } from "./aws/function-urls.ts";
import { Iam } from "./aws/iam.ts";
import type { Lookup } from "./aws/kind.ts";
import { Lambda } from "./aws/lambda.ts";
import { Logs } from "./aws/logs.ts";
import {
  answerProvider,
  type ProviderAnswer,
  type ProviderRequest,
  wordsOf,
} from "./aws/provider.ts";
import { S3 } from "./aws/s3.ts";
import { WebFunctions } from "./aws/web-functions.ts";

export class StandInAws {
  readonly account = new Account();
  readonly iam = new Iam(this.account);
  readonly logs = new Logs(this.account);
  readonly ec2 = new Ec2(this.account);
  readonly s3 = new S3(this.account);
  readonly archives = new Archives();
  readonly capacityProviders = new CapacityProviders(this.account, this.iam, this.ec2);
  readonly lambda = new Lambda(
    ...([this.account, this.iam, this.logs, this.archives, this.capacityProviders] as const),
  );
  readonly urls = new FunctionUrls(this.account, this.lambda);
  readonly webFunctions = new WebFunctions(
    ...([this.account, this.iam, this.logs, this.s3, this.archives] as const),
  );
  readonly cloudFormation = new CloudFormation(this.account, this.webFunctions.types);
  /** What a test keeps the caller from. */
  readonly denied = new Set<Operation>();
  /** The types of resources that it knows. */
  readonly #kinds = {
    "aws:cloudformation/stack:Stack": this.cloudFormation.stackKind,
    "aws:cloudwatch/logGroup:LogGroup": this.logs.groupKind,
    "aws:ec2/securityGroup:SecurityGroup": this.ec2.groupKind,
    "aws:iam/role:Role": this.iam.roleKind,
    "aws:iam/rolePolicy:RolePolicy": this.iam.rolePolicyKind,
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": this.iam.attachmentKind,
    "aws:lambda/alias:Alias": this.lambda.aliasKind,
    "aws:lambda/capacityProvider:CapacityProvider": this.capacityProviders.kind,
    "aws:lambda/function:Function": this.lambda.functionKind,
    "aws:lambda/functionScalingConfig:FunctionScalingConfig": this.lambda.scalingKind,
    "aws:lambda/functionUrl:FunctionUrl": this.urls.urlKind,
    "aws:lambda/permission:Permission": this.urls.permissionKind,
    "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig":
      this.lambda.provisionedKind,
    "aws:s3/bucket:Bucket": this.s3.bucketKind,
    "aws:s3/bucketObjectv2:BucketObjectv2": this.s3.objectKind,
    "aws:s3/bucketPolicy:BucketPolicy": this.s3.policyKind,
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": this.s3.accessBlockKind,
    "aws:s3/bucketVersioning:BucketVersioning": this.s3.versioningKind,
  };
  /** The functions that it knows, by which a program looks something up. */
  readonly #lookups: Record<string, Lookup> = {
    ...this.ec2.lookups,
    "aws:index/getPartition:getPartition": () => ({
      partition: "aws",
      dnsSuffix: "amazonaws.com",
      reverseDnsPrefix: "com.amazonaws",
    }),
    "aws:index/getRegion:getRegion": () => ({ region: this.account.region }),
  };
  /** The file of the certificate, which programs are to trust. */
  #certificateFile = "";
  readonly #server = createServer((request, response) => {
    this.#serve(request, response).catch(() => response.destroy());
  });

  /** Starts it for one test. */
  static async start(): Promise<StandInAws> {
    const aws = new StandInAws();
    aws.#certificateFile = temporaryFile("aws.pem", aws.account.certificate.cert);
    await new Promise<void>((resolve) => aws.#server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => aws.close());
    return aws;
  }

  get url(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}`;
  }

  /** The names of everything that exists, with what kind of thing it is. */
  get resources(): string[] {
    return [
      ...[this.logs, this.iam, this.ec2, this.s3, this.capacityProviders, this.lambda],
      ...[this.webFunctions, this.cloudFormation],
    ].flatMap(({ resources }) => resources);
  }

  /** What programs need in their environment to take it for AWS. */
  get environment(): Record<string, string> {
    const { accessKeyId, secretAccessKey, sessionToken } = this.account.credentials;
    return {
      STAND_IN_AWS: this.url,
      NODE_EXTRA_CA_CERTS: this.#certificateFile,
      AWS_REGION: this.account.region,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_SESSION_TOKEN: sessionToken,
      AWS_ENDPOINT_URL_LAMBDA: this.url,
      AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: this.url,
    };
  }

  /** Answers the program that stands in for the provider. */
  provider(request: ProviderRequest): Promise<ProviderAnswer> {
    return answerProvider(this.#kinds, this.#lookups, request);
  }

  /** Ends it and everything that was deployed. */
  async close(): Promise<void> {
    await Promise.all([this.lambda.close(), this.webFunctions.close()]);
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
      const { type, status } =
        error instanceof AwsError ? error : new AwsError("InternalFailure", "", 500);
      response.writeHead(status, { "x-amzn-errortype": type });
      response.end(JSON.stringify({ __type: type, message: wordsOf(error) }));
    }
  }

  async #answer(request: IncomingMessage, body: Buffer): Promise<object> {
    const { method = "", url: target = "" } = request;
    if (target === "/provider") return this.provider(JSON.parse(body.toString()));
    const signed = { method, target, headers: request.headersDistinct, body };
    if (method === "GET" && /^\/2016-08-19\/account-settings\/?$/.test(target)) {
      await this.account.authenticate("lambda", signed);
      this.#admit("lambda", "GetAccountSettings");
      return this.lambda.accountSettings();
    }
    if (request.headers["x-amz-target"] === "Logs_20140328.FilterLogEvents") {
      await this.account.authenticate("logs", signed);
      this.#admit("logs", "FilterLogEvents");
      return this.logs.filterLogEvents(JSON.parse(body.toString()));
    }
    throw new AwsError("UnknownOperationException", `${method} ${target} is not stood in for`, 404);
  }

  /** Notes a call, and refuses it where a test wants that. */
  #admit(service: string, operation: Operation): void {
    this.account.note(operation);
    if (this.denied.has(operation)) throw this.account.denied(service, operation);
  }
}
