/** What an AWS account holds in one region. */

import { AwsError, notFound } from "./aws-error.ts";
import { newCredentials } from "./credentials.ts";
import type { DeployedFunction } from "./deployed-function.ts";
import type { Home } from "./home.ts";
import type { LogGroup } from "./log-group.ts";
import type { Role } from "./role.ts";

/**
 * Concurrent executions of a new account's region, of which a hundred must stay unreserved.
 * https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
 */
const CONCURRENT_EXECUTIONS = 1_000;
const MIN_UNRESERVED = 100;

export class Account implements Home {
  readonly id = "123456789012";
  readonly region = "eu-west-1";
  /** Of the one caller who may do everything. */
  readonly credentials = newCredentials();
  /** Set by a test for an account with less. */
  concurrentExecutions = CONCURRENT_EXECUTIONS;
  readonly logGroups = new Map<string, LogGroup>();
  readonly roles = new Map<string, Role>();
  readonly functions = new Map<string, DeployedFunction>();
  /** Every folder in which code was ever unpacked, by its name in the system's temporary folder. */
  readonly folders = new Set<string>();
  #calls: string[] = [];

  /** Notes a call of an API by its name, such as `CreateFunction`. */
  note(operation: string): void {
    this.#calls.push(operation);
  }

  /** The calls since the last time that they were taken, in order. */
  takeCalls(): string[] {
    const calls = this.#calls;
    this.#calls = [];
    return calls;
  }

  /** The names of everything that exists, with what kind of thing it is. */
  get resources(): string[] {
    return [
      ...[...this.logGroups.keys()].map((name) => `log group ${name}`),
      ...[...this.roles.values()].flatMap((role) => role.resources),
      ...[...this.functions.values()].flatMap((it) => it.resources),
    ];
  }

  arn(service: string, resource: string): string {
    const region = service === "iam" ? "" : this.region;
    return `arn:aws:${service}:${region}:${this.id}:${resource}`;
  }

  /** @throws AwsError when there is no such function */
  functionNamed(name: string): DeployedFunction {
    const found = this.functions.get(name);
    if (!found) throw notFound(`Function ${this.arn("lambda", `function:${name}`)}`);
    return found;
  }

  /** What functions without a reservation share. */
  get unreserved(): number {
    let reserved = 0;
    for (const { reservedConcurrency } of this.functions.values()) {
      reserved += reservedConcurrency ?? 0;
    }
    return this.concurrentExecutions - reserved;
  }

  /** @throws AwsError when a reservation would leave too little to everybody else */
  reserve(executions: number, already = 0): void {
    if (this.unreserved + already - executions >= MIN_UNRESERVED || executions === 0) return;
    throw new AwsError(
      "InvalidParameterValueException",
      "Specified ReservedConcurrentExecutions for function decreases account's " +
        `UnreservedConcurrentExecution below its minimum value of [${MIN_UNRESERVED}].`,
    );
  }

  /** Ends everything that runs. */
  async close(): Promise<void> {
    await Promise.all([...this.functions.values()].map((it) => it.close()));
    this.functions.clear();
  }
}
