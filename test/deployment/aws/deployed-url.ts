/** A Function URL that answers: behind it runs the embedded Lambda with what is deployed. */

import {
  defaultConfiguration,
  type FunctionConfiguration,
} from "../../../local-lambda/function-configuration.ts";
import { LocalLambda } from "../../../local-lambda/local-lambda.ts";
import { type Authorize, iamAuthorization } from "../../../local-lambda/url/authorization.ts";
import { respond } from "../../../local-lambda/url/function-url-response.ts";
import { UNSIGNED } from "../../../local-lambda/url/signature.ts";
import { isRecord } from "./archive.ts";
import type { DeployedFunction, ServedUrl } from "./deployed-function.ts";
import { isOpen } from "./function-policy.ts";

export class DeployedUrl implements ServedUrl {
  readonly deployed: DeployedFunction;
  /** The alias that it is of; empty: $LATEST. */
  readonly qualifier: string;
  authorizationType: unknown;
  #lambda: LocalLambda | undefined;
  /** The engine changes several resources at once; each change waits for the one before it. */
  #done: Promise<void> = Promise.resolve();
  #port = 0;

  private constructor(deployed: DeployedFunction, qualifier: string, authorizationType: unknown) {
    this.deployed = deployed;
    this.qualifier = qualifier;
    this.authorizationType = authorizationType;
  }

  /** Starts listening on a free port, which stays the URL's until it is closed. */
  static async create(
    deployed: DeployedFunction,
    qualifier: string,
    authorizationType: unknown,
  ): Promise<DeployedUrl> {
    const url = new DeployedUrl(deployed, qualifier, authorizationType);
    await url.#start();
    return url;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/`;
  }

  restart(): Promise<void> {
    return this.#next(async () => {
      await this.#stop();
      await this.#start();
    });
  }

  close(): Promise<void> {
    return this.#next(() => this.#stop());
  }

  #next(change: () => Promise<void>): Promise<void> {
    const done = this.#done.then(change);
    this.#done = done.catch(() => {});
    return done;
  }

  async #stop(): Promise<void> {
    await this.#lambda?.close();
    this.#lambda = undefined;
  }

  async #start(): Promise<void> {
    const configuration = this.#configuration();
    const lambda = await LocalLambda.start(configuration, this.#port, {
      authorize: this.#authorize,
    });
    this.#lambda = lambda;
    this.#port = Number(lambda.url.port);
    const logGroup = this.deployed.account.logGroups.get(configuration.logGroupName ?? "");
    logGroup?.add(() => lambda.pool.streams());
  }

  #configuration(): FunctionConfiguration {
    const { account, name, concurrencyLimit } = this.deployed;
    const { inputs, version, folder } = this.deployed.at(this.qualifier);
    const { environment, loggingConfig, handler, memorySize = 128, timeout = 3 } = inputs;
    const variables =
      isRecord(environment) && isRecord(environment.variables) ? environment.variables : {};
    const environmentVariables = Object.fromEntries(
      Object.entries(variables).map(([variable, value]) => [variable, String(value)]),
    );
    return {
      ...defaultConfiguration(),
      functionName: name,
      region: account.region,
      version,
      code: { root: folder, handler: String(handler) },
      memoryMb: Number(memorySize),
      timeoutMs: Number(timeout) * 1_000,
      concurrencyLimit,
      environmentVariables,
      ...(isRecord(loggingConfig) && { logGroupName: String(loggingConfig.logGroup) }),
    };
  }

  /** https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html */
  readonly #authorize: Authorize = (request) => {
    const { account } = this.deployed;
    if (this.authorizationType === "AWS_IAM") {
      return iamAuthorization(account.region, account.credentials)(request);
    }
    if (isOpen(this.deployed.permissions.values(), this.qualifier)) return { admitted: true };
    const { errorType, body } = UNSIGNED;
    const headers = { "x-amzn-errortype": errorType };
    return { admitted: false, response: respond(403, headers, JSON.stringify(body)) };
  };
}
