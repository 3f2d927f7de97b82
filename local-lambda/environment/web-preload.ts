/**
 * Preloaded into the process of a Web Function, before its code. The server there listens on the port
 * that AWS names, which all environments would have in common here and everybody could ask. So that
 * port becomes a Unix socket in a folder that this user alone can enter; all other ports stay. And the
 * service is told when the server listens, or why it never will.
 *
 * Servers in worker threads and other processes are left alone: nobody asks them.
 */

import { writeSync } from "node:fs";
import { Server, type Socket } from "node:net";
import type { MESSAGE_PIPE as Pipe, WebMessage } from "./web-environment.ts";

/** The pipe to the service, of which nothing is loaded here: the compiler compares the two numbers. */
const MESSAGE_PIPE: typeof Pipe = 3;

const { listen, address: addressOf } = Server.prototype;

/**
 * Where the code must listen, and the socket in its place, as the service has written both. The code
 * is told the first, as on AWS; so are the threads and processes that it starts.
 */
const [, endpoint, socket] =
  /^([^/]+)(\/.+)$/s.exec(process.env.AWS_LAMBDA_HTTP_ENDPOINT ?? "") ?? [];
if (endpoint !== undefined && socket !== undefined) {
  process.env.AWS_LAMBDA_HTTP_ENDPOINT = endpoint;
  replacePort(endpoint, socket);
}

function replacePort(endpoint: string, path: string): void {
  const [host = "", portText] = endpoint.split(":");
  const port = Number(portText);
  let isListening = false;

  const tell = (message: WebMessage) => {
    if (!isListening) writeSync(MESSAGE_PIPE, `${JSON.stringify(message)}\n`);
  };

  // Whatever way frameworks go, they come to this.
  Server.prototype.listen = function (this: Server, ...args: unknown[]): Server {
    const asked = optionsOf(args);
    if (Number(asked.port) !== port) {
      this.once("listening", () => {
        const at = addressOf.call(this);
        if (typeof at === "object" && at) tell({ type: "elsewhere", port: at.port });
      });
      return Reflect.apply(listen, this, args);
    }
    this.on("connection", (connection: Socket) => {
      // What servers log and frameworks rely on; a Unix socket has none.
      const loopback = { value: "127.0.0.1" };
      const family = { value: "IPv4" };
      Object.defineProperties(connection, {
        remoteAddress: loopback,
        remoteFamily: family,
        localAddress: loopback,
        localFamily: family,
        localPort: { value: port },
      });
    }).once("listening", () => {
      tell({ type: "listening" });
      isListening = true;
    });
    // Not the backlog asked for: where that is full, a Unix socket refuses at once.
    const options = { path, signal: asked.signal };
    const then = args.at(-1);
    return Reflect.apply(listen, this, typeof then === "function" ? [options, then] : [options]);
  } as typeof listen;

  Server.prototype.address = function (this: Server) {
    const at = addressOf.call(this);
    return at === path ? { address: host, family: "IPv4", port } : at;
  };

  process
    .on("uncaughtExceptionMonitor", (error: unknown) => {
      const reason = error instanceof Error ? `${error.name}: ${error.message}` : `${error}`;
      tell({ type: "failed", reason });
    })
    .on("exit", (code) => {
      if (code !== 0 || isListening) return;
      const reason = endedUnheard(endpoint);
      console.error(reason);
      tell({ type: "failed", reason });
    });
}

/**
 * The options of `listen`, which takes them as an object, or a port as a number or a text, or other
 * things that are of no concern here.
 * https://nodejs.org/api/net.html#serverlisten
 */
function optionsOf([first]: readonly unknown[]): { port?: unknown; signal?: unknown } {
  return typeof first === "object" && first !== null ? first : { port: first };
}

function endedUnheard(endpoint: string): string {
  return (
    `Nothing listens on ${endpoint} (AWS_LAMBDA_HTTP_ENDPOINT), and the code has ended. A web function ` +
    "is an HTTP server: add one, or serve code that only exports a handler by another model, on-demand " +
    "or managed-instances"
  );
}
