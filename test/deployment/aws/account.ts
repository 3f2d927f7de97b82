/** The account behind the stand-in: whose it is, what was asked of it, and how it refuses. */

import { randomBytes } from "node:crypto";
import {
  type SignedRequest,
  verifySignature,
} from "../../../local-lambda/function-url/authorization.ts";

import { certificateFor } from "../../certificates.ts";

/** The APIs that a program may call by itself. */
export type Operation = "GetAccountSettings" | "FilterLogEvents";

/** A refusal, with the type and the status that the service documents for it. */
export class AwsError extends Error {
  readonly type: string;
  readonly status: number;

  constructor(type: string, message: string, status = 400) {
    super(message);
    this.name = "AwsError";
    this.type = type;
    this.status = status;
  }
}

export class Account {
  readonly id = "123456789012";
  /** Set by a test that deploys elsewhere. */
  region = "eu-west-1";
  /**
   * Of the one caller, who may do everything. Temporary ones, as most are by now, and known to this
   * test alone, so that finding them anywhere means a leak.
   */
  readonly credentials = {
    accessKeyId: `ASIA${randomBytes(8).toString("hex").toUpperCase()}`,
    secretAccessKey: randomBytes(30).toString("base64"),
    sessionToken: randomBytes(90).toString("base64"),
  };
  /** Of what answers over HTTPS. */
  readonly certificate = certificateFor("127.0.0.1");
  /** The operations that a test keeps whoever deploys from, such as `CreateFunction`. */
  readonly forbidden = new Set<string>();
  #calls: string[] = [];

  /**
   * Notes a call of an API by its name. Calls that only read are not noted.
   *
   * @throws AwsError where a test forbids it
   */
  note(operation: string): void {
    this.#calls.push(operation);
    if (!this.forbidden.has(operation)) return;
    const message = `User: ${this.arn("iam", "user/test")} is not authorized to perform ${operation}`;
    throw new AwsError("AccessDeniedException", message, 403);
  }

  /** The calls since the last time that they were taken, in order. */
  takeCalls(): string[] {
    const calls = this.#calls;
    this.#calls = [];
    return calls;
  }

  arn(service: string, resource: string): string {
    const region = service === "iam" ? "" : this.region;
    return `arn:aws:${service}:${region}:${this.id}:${resource}`;
  }

  /**
   * Lets a call in that is signed for this account.
   *
   * @throws AwsError as the service would
   */
  async authenticate(service: string, request: SignedRequest): Promise<void> {
    const { credentials, region } = this;
    const scope = { region, service, now: new Date() };
    const refusal = await verifySignature(request, scope, credentials);
    if (!refusal) return;
    const { errorType, body } = refusal;
    throw new AwsError(errorType, "message" in body ? body.message : body.Message, 403);
  }

  /** What IAM says to a caller whose policies do not name the action. */
  denied(service: string, operation: Operation): AwsError {
    return new AwsError(
      "AccessDeniedException",
      `User: ${this.arn("iam", "user/test")} is not authorized to perform: ${service}:${operation} ` +
        "because no identity-based policy allows it",
      // The protocol of Logs has one status for all refusals, that of Lambda has HTTP's own.
      service === "logs" ? 400 : 403,
    );
  }
}
