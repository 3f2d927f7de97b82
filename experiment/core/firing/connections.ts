/**
 * Opens connections ahead of the shot. Opening never sends a request, since a request would create
 * the very environments that the experiment is about to count.
 */

import assert from "node:assert/strict";
import { Socket } from "node:net";
// The package's own entry loads six times as many files, for clients that nobody opens here.
import buildConnector from "undici/lib/core/connect.js";
import Client from "undici/lib/dispatcher/client.js";
import { isStop } from "../abort.ts";
import { ExperimentError, rootCode, rootMessage } from "../errors.ts";

/** How many connections are opened at a time: more than this overflows a listening queue. */
const BATCH = 256;
const CONNECT_TIMEOUT_MS = 10_000;

/** One connection, and the HTTP client that owns it. It carries one request at a time. */
export interface Connection {
  readonly client: Client;
  /** Whether a request is held back, whole. */
  readonly isLoaded: boolean;
  /** Whether the target closed it before it was released. */
  readonly isLost: boolean;
  /** Lets go what was held back. From now on the client may open another connection. */
  release(): void;
  /** Ends it at once, whether or not it has carried anything. */
  close(): Promise<void>;
}

// HTTP/2 would multiplex requests over one connection: they would no longer leave side by side.
const connect = buildConnector({ allowH2: false, timeout: CONNECT_TIMEOUT_MS });

/**
 * Opens `count` connections that hold back what is written to them until they are released. Before
 * that, one that the target closes is lost, and its request fails: another connection would send it
 * at once. After that its client opens another.
 *
 * @throws ExperimentError when a connection cannot be opened, and the signal's reason
 */
export async function openConnections(
  url: URL,
  count: number,
  signal: AbortSignal,
): Promise<Connection[]> {
  const opened: Connection[] = [];
  // Of the batch that is being opened. One listener for all: the signal compares each new one with all
  // that it has.
  const opening = new Set<Socket>();
  const stop = () => {
    for (const socket of opening) socket.destroy(signal.reason);
  };
  signal.addEventListener("abort", stop);
  try {
    while (opened.length < count) {
      signal.throwIfAborted();
      const batch = Array.from({ length: Math.min(BATCH, count - opened.length) }, () =>
        openSocket(url, opening),
      );
      const results = await Promise.allSettled(batch);
      opening.clear();
      for (const result of results) {
        if (result.status === "fulfilled") opened.push(hold(url, result.value));
      }
      const failure = results.find((result) => result.status === "rejected");
      // What was closed by it fails in its own way.
      if (failure) signal.throwIfAborted();
      if (failure) throw failure.reason;
    }
    return opened;
  } catch (error) {
    await closeConnections(opened);
    if (isStop(error, signal)) throw error;
    throw new ExperimentError(
      "connection not opened",
      {
        host: url.host,
        opened: opened.length,
        wanted: count,
        why: rootMessage(error),
        code: rootCode(error),
      },
      { cause: error },
    );
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** Closes connections at once, whatever is under way on them. */
export async function closeConnections(connections: readonly Connection[]): Promise<void> {
  await Promise.all(connections.map((connection) => connection.close()));
}

/** @param opening takes the socket on its way */
function openSocket(url: URL, opening: Set<Socket>): Promise<Socket> {
  const { hostname, protocol } = url;
  const port = url.port || (protocol === "https:" ? "443" : "80");
  // As undici does it: an IPv6 host stands in brackets in a URL, but not for a socket.
  const options = { hostname: hostname.replace(/^\[|\]$/g, ""), host: url.host, protocol, port };
  return new Promise((resolve, reject) => {
    // The socket on its way, of which undici's types do not tell.
    const socket: unknown = connect(options, (error, connected) => {
      if (error) reject(error);
      else if (connected) resolve(connected);
    });
    if (socket instanceof Socket) opening.add(socket);
  });
}

/** One for all: undici would make one for each, whose stack costs more than the closing. */
const CLOSED = new Error("The runner closed the connection.");

function hold(url: URL, socket: Socket): Connection {
  let held: HeldWrites | undefined;
  let released = false;
  // Until the client owns it, nobody listens: an error would end the process. The client's first
  // write then fails with the same error.
  const ignore = () => {};
  socket.on("error", ignore);
  const client = new Client(url.origin, {
    pipelining: 1,
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: (options, callback) => {
      if (released) return connect(options, callback);
      if (held || !socket.writable) {
        return callback(new Error("the target closed the connection"), null);
      }
      held = new HeldWrites(socket);
      queueMicrotask(() => {
        callback(null, socket);
        socket.off("error", ignore);
      });
    },
  });
  return {
    client,
    get isLoaded() {
      return held !== undefined && held.length > 0;
    },
    get isLost() {
      return !released && !socket.writable;
    },
    release() {
      assert(held, "what is let go was held back");
      released = true;
      held.release();
    },
    async close() {
      await client.destroy(CLOSED);
      // The client knows of it from its first request on.
      socket.destroy();
    },
  };
}

/**
 * Takes a socket's writes until it lets them go, all in one. Node's own way, a cork, leaves more to do
 * at the shot: letting go of it takes twice as long as one plain write of the same bytes.
 */
class HeldWrites {
  readonly #socket: Socket;
  readonly #write: Socket["write"];
  #bytes: Buffer = Buffer.alloc(0);

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#write = socket.write;
    const hold = (chunk: string | Uint8Array, encoding?: BufferEncoding): boolean => {
      const bytes = typeof chunk === "string" ? Buffer.from(chunk, encoding) : chunk;
      this.#bytes = Buffer.concat([this.#bytes, bytes]);
      return true;
    };
    socket.write = hold as Socket["write"];
  }

  /** How many bytes are held back. */
  get length(): number {
    return this.#bytes.length;
  }

  /** Writes what was held back; from now on the socket is as any other. */
  release(): void {
    this.#socket.write = this.#write;
    this.#socket.write(this.#bytes);
  }
}
