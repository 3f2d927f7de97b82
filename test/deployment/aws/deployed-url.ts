/** A Function URL that answers: behind it runs the embedded Lambda with what is deployed. */

import { randomInt } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import {
  defaultConfiguration,
  type FunctionConfiguration,
} from "../../../local-lambda/function-configuration.ts";
import {
  type Authorize,
  forbid,
  iamAuthorization,
  type SignedRequest,
  UNSIGNED,
} from "../../../local-lambda/function-url/authorization.ts";
import { respond } from "../../../local-lambda/function-url/function-url-response.ts";
import { LocalLambda } from "../../../local-lambda/local-lambda.ts";
import { AwsError } from "./account.ts";
import type { DeployedFunction, Url } from "./deployed-function.ts";
import { isRecord } from "./properties.ts";

/**
 * How long a new URL on Managed Instances does not answer, in milliseconds from the first request on:
 * Powertools for AWS tries its first request again for that reason.
 * https://github.com/aws-powertools/powertools-lambda-typescript/tree/main/packages/logger/tests/e2e
 */
const BOOTING_MS = 200;
/** https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-nodejs-runtime.html */
const WORKERS_PER_VCPU = 8;
/** Which refusal it is, nobody has written down. */
const STARTING = {
  admitted: false as const,
  response: respond(503, {}, JSON.stringify({ Message: "Service Unavailable" })),
};

export class DeployedUrl implements Url {
  readonly deployed: DeployedFunction;
  /** The alias that it is of; empty: $LATEST. */
  readonly qualifier: string;
  authorizationType: unknown;
  #seed = randomInt(2 ** 31);
  #lambda: LocalLambda | undefined;
  /** What it serves now. */
  #served: FunctionConfiguration | undefined;
  /** When somebody asked a new one on Managed Instances for the first time, epoch ms. */
  #askedAt: number | undefined;
  /** The engine changes several resources at once; each change waits for the one before it. */
  #done: Promise<void> = Promise.resolve();
  #port = 0;

  constructor(deployed: DeployedFunction, qualifier: string, authorizationType: unknown) {
    this.deployed = deployed;
    this.qualifier = qualifier;
    this.authorizationType = authorizationType;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/`;
  }

  /**
   * Serves what is deployed now; if that has changed, by environments that are all new. The first time
   * it takes a free port, which stays the URL's until it is closed.
   *
   * @throws AwsError when it is of what cannot be invoked
   */
  restart(): Promise<void> {
    return this.#next(async () => {
      const configuration = this.#configuration();
      if (isDeepStrictEqual(configuration, this.#served)) return;
      await this.#stop();
      await this.#start(configuration);
    });
  }

  /** Serves the same by environments that are all new, of which others take the next requests. */
  recycle(): Promise<void> {
    this.#seed = randomInt(2 ** 31);
    return this.restart();
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
    this.#served = undefined;
  }

  async #start(configuration: FunctionConfiguration): Promise<void> {
    const logGroup = this.deployed.region.logGroups.get(configuration.logGroupName ?? "");
    const lambda = await LocalLambda.start(configuration, this.#port, {
      authorize: this.#authorize,
      onLog: (environment, text) => logGroup?.write(environment, text),
    });
    this.#lambda = lambda;
    this.#port = Number(lambda.url.port);
    this.#served = configuration;
  }

  #configuration(): FunctionConfiguration {
    const { region, name, concurrencyLimit } = this.deployed;
    const { configuration, folder } = this.deployed.at(this.qualifier);
    const { environment, loggingConfig, handler, memorySize, timeout } = configuration;
    const variables =
      isRecord(environment) && isRecord(environment.variables) ? environment.variables : {};
    const environmentVariables = Object.fromEntries(
      Object.entries(variables).map(([variable, value]) => [variable, String(value)]),
    );
    const version = this.deployed.versionOf(this.qualifier);
    const managed = this.#managed(version, environmentVariables);
    return {
      ...defaultConfiguration(managed?.model),
      functionName: name,
      region: region.account.region,
      version,
      code: { root: folder, handler: String(handler) },
      memoryMb: Number(memorySize),
      timeoutMs: Number(timeout) * 1_000,
      concurrencyLimit,
      environmentVariables,
      seed: this.#seed,
      ...(isRecord(loggingConfig) && { logGroupName: String(loggingConfig.logGroup) }),
      ...managed,
    };
  }

  #managed(version: string, variables: Record<string, string>) {
    const managed = this.deployed.managed(version);
    if (!managed) return undefined;
    const environments = this.deployed.scalingOf(version);
    if (!environments) {
      throw new AwsError(
        "InvalidParameterValueException",
        "Functions configured with capacity provider configuration can't be invoked with $LATEST qualifier",
      );
    }
    const { AWS_LAMBDA_NODEJS_WORKER_COUNT: workers = WORKERS_PER_VCPU * managed.vcpus } =
      variables;
    return {
      model: "managed-instances" as const,
      environments: environments.min,
      workers: Number(workers),
      maxConcurrency: managed.maxConcurrency,
    };
  }

  /** https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html */
  readonly #authorize: Authorize = async (request) => {
    const admission = await this.#admit(request);
    return admission.admitted && this.#isStarting ? STARTING : admission;
  };

  #admit(request: SignedRequest): ReturnType<Authorize> {
    const { region, credentials } = this.deployed.region.account;
    if (this.authorizationType === "AWS_IAM") return iamAuthorization(region, credentials)(request);
    if (this.deployed.isOpen(this.qualifier)) return { admitted: true };
    return forbid(UNSIGNED);
  }

  /** A version that is not active answers nobody, nor do new instances for a moment after that. */
  get #isStarting(): boolean {
    const { deployed, qualifier } = this;
    if (!deployed.managed(qualifier)) return false;
    const now = Date.now();
    this.#askedAt ??= now;
    const { activeAt = 0 } = deployed.scalingOf(deployed.versionOf(qualifier)) ?? {};
    return now < Math.max(activeAt, this.#askedAt + BOOTING_MS);
  }
}
