/** A URL that answers: behind it runs the embedded Lambda with what is deployed. */

import { randomInt } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, connect, type Socket } from "node:net";
import { createServer, type Server } from "node:tls";
import { isDeepStrictEqual } from "node:util";
import type { FunctionConfiguration } from "../../../local-lambda/function-configuration.ts";
import type { Authorize } from "../../../local-lambda/function-url/authorization.ts";
import { LocalLambda } from "../../../local-lambda/local-lambda.ts";
import type { Certificate } from "../../certificates.ts";

interface Service {
  /** What it is to serve now. */
  configuration: () => Omit<FunctionConfiguration, "seed">;
  authorize: Authorize;
  /** Takes a line that an environment logged into a group. */
  onLog: (logGroup: string, environment: string, text: string) => void;
  /** Of a URL that is called over HTTPS. */
  certificate?: Certificate;
}

export class ServedUrl {
  readonly #service: Service;
  readonly #front: SecureFront | undefined;
  #seed = randomInt(2 ** 31);
  #lambda: LocalLambda | undefined;
  /** What it serves now. */
  #served: FunctionConfiguration | undefined;
  /** The engine changes several resources at once; each change waits for the one before it. */
  #done: Promise<void> = Promise.resolve();
  #port = 0;

  constructor(service: Service) {
    this.#service = service;
    const { certificate } = service;
    this.#front = certificate && new SecureFront(certificate, () => this.#port);
  }

  /** Where it answers. Of AWS it would be a name of its own, without a port. */
  get host(): string {
    return `127.0.0.1:${this.#front?.port ?? this.#port}`;
  }

  /**
   * Serves what is deployed now; if that has changed, by environments that are all new. The first time
   * it takes a free port, which stays the URL's until it is closed.
   */
  refresh(): Promise<void> {
    return this.#next(async () => {
      const configuration = { ...this.#service.configuration(), seed: this.#seed };
      if (isDeepStrictEqual(configuration, this.#served)) return;
      await this.#lambda?.close();
      const { authorize, onLog } = this.#service;
      const { logGroupName = "" } = configuration;
      this.#lambda = await LocalLambda.start(configuration, this.#port, {
        authorize,
        onLog: (environment, text) => onLog(logGroupName, environment, text),
      });
      this.#served = configuration;
      this.#port = Number(this.#lambda.url.port);
      await this.#front?.listen();
    });
  }

  /** Serves the same by environments that are all new, of which others take the next requests. */
  recycle(): Promise<void> {
    this.#seed = randomInt(2 ** 31);
    return this.refresh();
  }

  close(): Promise<void> {
    return this.#next(async () => {
      await this.#lambda?.close();
      await this.#front?.close();
    });
  }

  #next(change: () => Promise<void>): Promise<void> {
    const done = this.#done.then(change);
    this.#done = done.catch(() => {});
    return done;
  }
}

/** Passes the bytes of connections on: the embedded Lambda speaks HTTP, and the callers TLS. */
class SecureFront {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(certificate: Certificate, inside: () => number) {
    this.#server = createServer(certificate, (socket) => {
      const other = connect({ host: "127.0.0.1", port: inside() });
      this.#join(socket, other);
      this.#join(other, socket);
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async listen(): Promise<void> {
    if (!this.#server.listening) await once(this.#server.listen(0, "127.0.0.1"), "listening");
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    if (this.#server.listening) await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(socket: Socket, other: Socket): void {
    this.#sockets.add(socket);
    socket.on("error", () => other.destroy());
    socket.on("close", () => {
      this.#sockets.delete(socket);
      other.destroy();
    });
    socket.pipe(other);
  }
}
