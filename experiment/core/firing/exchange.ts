/**
 * One request over one connection, and its answer to the last byte. Closer to the wire than `fetch`:
 * what `fetch` does for each answer delays the reading of all others, so that the last of 5,000
 * answers that come at once would be read long after it came (`npm run bench -- burst`).
 */

import type { Client, Dispatcher } from "undici";
import type { RequestHeaders } from "../target.ts";
import { MAX_BODY_BYTES } from "./body.ts";
import type { Redact } from "./secrets.ts";

const FIRST_FINAL_STATUS = 200;

export interface ExchangedRequest {
  path: string;
  method: string;
  headers: RequestHeaders;
  body: string;
}

/** The head of an answer, without the secrets of its request. */
export interface ReplyHead {
  status: number;
  headers: Headers;
}

export class Exchange {
  readonly #client: Client;
  readonly #signal: AbortSignal;
  readonly #now: () => number;
  readonly #redact: Redact;
  readonly #chunks: Buffer[] = [];
  #size = 0;
  #endedAt: number | undefined;
  /** The head of the answer, as soon as it has come. */
  head: ReplyHead | undefined;

  /**
   * @param signal gives the request up
   * @param now the clock that the end is read from
   * @param redact takes the secrets of the request out of the head
   */
  constructor(client: Client, signal: AbortSignal, now: () => number, redact: Redact) {
    this.#client = client;
    this.#signal = signal;
    this.#now = now;
    this.#redact = redact;
  }

  /** When the last byte was read, or it was certain that none will be. */
  get endedAt(): number {
    return this.#endedAt ?? this.#now();
  }

  /** The body as it was sent; `undefined` when it is too large. */
  get bytes(): Buffer | undefined {
    return this.#size > MAX_BODY_BYTES ? undefined : Buffer.concat(this.#chunks, this.#size);
  }

  /**
   * Sends a request, and resolves when its answer has been read. One that is larger than any answer
   * is left where the limit was passed, and its connection is given up.
   *
   * @throws undici's error when the connection breaks, and any error once the signal gives it up
   */
  run({ path, method, headers, body }: ExchangedRequest): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const givenUp = () => new Error(`The request was given up: ${this.#signal.reason}`);
    let giveUp = () => reject(givenUp());
    const onAbort = () => giveUp();
    this.#signal.addEventListener("abort", onAbort);
    const end = (settle: () => void) => {
      this.#signal.removeEventListener("abort", onAbort);
      this.#endedAt ??= this.#now();
      settle();
    };
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart: (controller) => {
        giveUp = () => controller.abort(givenUp());
        if (this.#signal.aborted) giveUp();
      },
      onResponseStart: (_, status, received) => {
        // Others only announce one that is to come.
        if (status < FIRST_FINAL_STATUS) return;
        this.head = { status, headers: headersOf(received, this.#redact) };
      },
      onResponseData: (controller, chunk) => {
        this.#size += chunk.length;
        if (this.#size <= MAX_BODY_BYTES) this.#chunks.push(chunk);
        else {
          end(resolve);
          controller.abort(new Error("The body is too large."));
        }
      },
      onResponseEnd: () => end(resolve),
      onResponseError: (_, error) => end(() => reject(error)),
    };
    this.#client.dispatch(
      { path, method: method as Dispatcher.HttpMethod, headers, body },
      handler,
    );
    return promise;
  }
}

/** @param headers names in lower case; one that was sent more than once has several values */
function headersOf(headers: NodeJS.Dict<string | string[]>, redact: Redact): Headers {
  const all = new Headers();
  for (const [name, values = []] of Object.entries(headers)) {
    for (const value of [values].flat()) all.append(name, redact(value));
  }
  return all;
}
