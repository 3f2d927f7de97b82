/** What is written to a socket, held back until the shot. */

import type { Socket } from "node:net";

/**
 * Takes a socket's writes until it lets them go, all in one. Node's own way, a cork, leaves more to do
 * at the shot: letting go of it takes twice as long as one plain write of the same bytes.
 */
export class HeldWrites {
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
