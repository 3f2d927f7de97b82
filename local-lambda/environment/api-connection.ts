/**
 * A connection from an environment to its Runtime API. It speaks the little of HTTP that the two need:
 * with node:http the median answer of a warm burst of 100 takes 110 ms beyond its hold, and so it takes 60.
 */

import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";

/** An answer that has come whole. */
export interface ApiAnswer {
  bodyJson: string;
  /** By their names in lower case. */
  headers: Record<string, string>;
}

const HEAD_END = "\r\n\r\n";

export class ApiConnection {
  readonly #host: string;
  readonly #port: number;
  #socket: Socket | undefined;
  /** For each request that was sent, in their order. */
  readonly #waiting: ((answer: ApiAnswer) => void)[] = [];
  /** What has come and was not taken yet. */
  #received = Buffer.alloc(0);
  /** Bytes of a body, and of what comes after the first ones: nothing is looked at before they are there. */
  #chunks: Buffer[] = [];
  #missing = 0;

  /** @param address `host:port` */
  constructor(address: string) {
    const [host = "", port] = address.split(":");
    this.#host = host;
    this.#port = Number(port);
  }

  /**
   * Sends a request behind those before it, and resolves to its answer. As long as one is waited for, the
   * process lives; without its service it has no reason to, and ends.
   */
  send(method: string, path: string, body = ""): Promise<ApiAnswer> {
    this.#socket ??= this.#open();
    this.#socket.ref();
    const head =
      `${method} ${path} HTTP/1.1\r\nhost: ${this.#host}:${this.#port}\r\n` +
      `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}`;
    this.#socket.write(head + HEAD_END + body);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #open(): Socket {
    const socket = connect({ host: this.#host, port: this.#port, noDelay: true });
    const end = () => process.exit(1);
    return socket
      .on("data", (chunk: Buffer) => this.#receive(chunk))
      .on("error", end)
      .on("close", end);
  }

  #receive(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#missing -= chunk.length;
    if (this.#missing > 0) return;
    this.#received = Buffer.concat([this.#received, ...this.#chunks]);
    this.#chunks = [];
    while (this.#takeAnswer());
  }

  /** @returns whether there was a whole one */
  #takeAnswer(): boolean {
    const received = this.#received;
    const headEnd = received.indexOf(HEAD_END);
    if (headEnd < 0) return false;
    const headers = headersIn(received.toString("latin1", 0, headEnd));
    const length = Number(headers["content-length"]);
    assert(Number.isInteger(length), "the Runtime API states the length of each answer");
    const start = headEnd + HEAD_END.length;
    this.#missing = start + length - received.length;
    if (this.#missing > 0) return false;
    this.#received = received.subarray(start + length);
    const answered = this.#waiting.shift();
    assert(answered && this.#socket, "the Runtime API answers what it was asked");
    if (this.#waiting.length === 0) this.#socket.unref();
    answered({ bodyJson: received.toString("utf8", start, start + length), headers });
    return true;
  }
}

function headersIn(head: string): Record<string, string> {
  const [, ...lines] = head.split("\r\n");
  return Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
}
