/** What all concurrency models have in common: environments, and requests that find one or do not. */

import type { InvocationResult, UrlRequest } from "../invocation.ts";
import type { LogStreamContent } from "./log-streams.ts";

export interface Pool {
  /** The names of the environments that exist now, in order of their start. */
  readonly environments: string[];
  /** Environments that could take a request now. */
  readonly polling: number;
  /**
   * Starts what must run before the first request.
   *
   * @throws StartError when that fails
   */
  start(): Promise<void>;
  /** Runs one request to its end; never rejects. */
  invoke(request: UrlRequest): Promise<InvocationResult>;
  /** Lets new environments serve all later requests; what is being served is finished first. */
  recycle(): Promise<void>;
  /** The lines that an environment logged, oldest first; empty for one that is unknown. */
  logOf(id: string): readonly string[];
  /** All log streams, the latest ones of environments that have ended included. */
  streams(): LogStreamContent[];
  /** Ends every environment; who waits for one is throttled. */
  close(): Promise<void>;
}
