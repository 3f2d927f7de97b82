/** The server of the bench from outside: started, told what to expect, asked what came. */

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Arrivals } from "./arrivals-server.ts";

const PROGRAM = fileURLToPath(new URL("arrivals-server.ts", import.meta.url));
/** A contender that sends fewer requests than it was asked for must not stop the bench. */
const REPORT_TIMEOUT_MS = 60_000;

/** Paths of files. */
interface Certificate {
  key: string;
  certificate: string;
}

export class ArrivalsServer implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly url: URL;

  private constructor(child: ChildProcess, url: URL) {
    this.#child = child;
    this.url = url;
  }

  /** Starts it; over TLS where it is given a certificate. */
  static async start(certificate?: Certificate): Promise<ArrivalsServer> {
    const files = certificate ? [certificate.key, certificate.certificate] : [];
    const child = fork(PROGRAM, files);
    const [{ port }] = await once(child, "message");
    const scheme = certificate ? "https" : "http";
    return new ArrivalsServer(child, new URL(`${scheme}://localhost:${port}/`));
  }

  /**
   * Runs what fires so many requests, and tells how they arrived.
   *
   * @throws Error when fewer arrived
   */
  async measure(count: number, fire: () => Promise<void>): Promise<Arrivals> {
    await this.#tell(count);
    const signal = AbortSignal.timeout(REPORT_TIMEOUT_MS);
    const reported = once(this.#child, "message", { signal });
    // Whoever fails first, the other's failure is not left unheard.
    const [report] = await Promise.all([reported, fire()]);
    return report[0] as Arrivals;
  }

  /** Answers whatever comes, and reports nothing. */
  async serve(): Promise<void> {
    await this.#tell(0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.disconnect();
    await once(this.#child, "exit");
  }

  async #tell(count: number): Promise<void> {
    const expecting = once(this.#child, "message");
    this.#child.send(count);
    await expecting;
  }
}
