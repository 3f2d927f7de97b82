/** An endpoint of a Web Function: HTTPS in front of the embedded Lambda with what is deployed. */

import { createHash } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, connect, type Socket } from "node:net";
import { createServer, type Server } from "node:tls";
import { defaultConfiguration } from "../../../local-lambda/function-configuration.ts";
import {
  type Authorize,
  forbid,
  iamAuthorization,
} from "../../../local-lambda/function-url/authorization.ts";
import { LocalLambda } from "../../../local-lambda/local-lambda.ts";
import type { Account } from "./account.ts";
import type { Logs } from "./logs.ts";
import { isRecord, type Properties } from "./properties.ts";

/** Assumed: what is said where the header that names the payload's hash is missing or wrong. */
const UNHASHED = {
  errorType: "AccessDeniedException",
  body: { Message: "The header X-Amz-Content-SHA256 is missing, or is not of what was sent." },
};

/** A revision's settings and its code, which is read anew for each environment on AWS. */
export interface Revision {
  folder: string;
  service: Properties;
}

export class WebEndpoint {
  /** `IamAuth` or `ApplicationManaged`; a change holds for the next request. */
  authType = "IamAuth";
  /** The revision that all requests go to. */
  revisionId = "";
  readonly #account: Account;
  readonly #logs: Logs;
  readonly #functionName: string;
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  #lambda: LocalLambda | undefined;

  constructor(account: Account, logs: Logs, functionName: string) {
    this.#account = account;
    this.#logs = logs;
    this.#functionName = functionName;
    this.#server = createServer(account.certificate, (socket) => this.#forward(socket));
  }

  /** Where it answers. Of AWS it would be a name of its own, without a port. */
  get domainName(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `127.0.0.1:${port}`;
  }

  /** Sends all requests to a revision from now on. */
  async serve(id: string, revision: Revision): Promise<void> {
    if (id === this.revisionId) return;
    const former = this.#lambda;
    this.#lambda = await this.#start(id, revision);
    this.revisionId = id;
    await former?.close();
    if (!this.#server.listening) await once(this.#server.listen(0, "127.0.0.1"), "listening");
  }

  async close(): Promise<void> {
    await this.#lambda?.close();
    for (const socket of this.#sockets) socket.destroy();
    if (this.#server.listening) await new Promise((resolve) => this.#server.close(resolve));
  }

  #start(id: string, { folder, service }: Revision): Promise<LocalLambda> {
    const { TimeoutSeconds = 30, MaxConcurrencyPerEnvironment = 64 } = service;
    const { EnvironmentVariables: variables } = service;
    const logGroupName = logGroupOf(service);
    const configuration = {
      ...defaultConfiguration("web-function"),
      functionName: this.#functionName,
      region: this.#account.region,
      version: id,
      code: { root: folder, handler: "index.js" },
      timeoutMs: Number(TimeoutSeconds) * 1_000,
      maxConcurrency: Number(MaxConcurrencyPerEnvironment),
      environmentVariables: isRecord(variables)
        ? Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, `${value}`]))
        : {},
      ...(logGroupName !== undefined && { logGroupName }),
    };
    return LocalLambda.start(configuration, 0, {
      authorize: this.#authorize,
      onLog: (environment, text) => {
        if (logGroupName === undefined) return;
        this.#logs.groups.get(logGroupName)?.write(environment, text);
        // The service writes there by itself, whether somebody has made it or not.
        this.#logs.groupWithoutEnd(`${logGroupName}.local`).write(environment, text);
      },
    });
  }

  /** Passes the bytes of a connection on: the embedded Lambda speaks HTTP, and the callers TLS. */
  #forward(socket: Socket): void {
    const inside = connect({ host: "127.0.0.1", port: Number(this.#lambda?.url.port) });
    for (const [one, other] of [
      [socket, inside],
      [inside, socket],
    ] as const) {
      this.#sockets.add(one);
      one
        .on("error", () => other.destroy())
        .on("close", () => {
          this.#sockets.delete(one);
          other.destroy();
        })
        .pipe(other);
    }
  }

  /** https://docs.aws.amazon.com/lambda/latest/dg/web-functions-endpoint-access-control.html */
  readonly #authorize: Authorize = (request) => {
    if (this.authType !== "IamAuth") return { admitted: true };
    const { region, credentials } = this.#account;
    const sha256 = createHash("sha256").update(request.body).digest("hex");
    const [stated] = [request.headers["x-amz-content-sha256"]].flat();
    return stated === sha256 ? iamAuthorization(region, credentials)(request) : forbid(UNHASHED);
  };
}

/** The log group that a revision names. */
export function logGroupOf({ TelemetryConfig: telemetry }: Properties): string | undefined {
  const logging = isRecord(telemetry) ? telemetry.LoggingConfig : undefined;
  return isRecord(logging) ? String(logging.LogGroup) : undefined;
}
