/** What a function knows of the account that it is in. */

import type { Credentials } from "./credentials.ts";
import type { LogGroup } from "./log-group.ts";

export interface Home {
  readonly region: string;
  readonly credentials: Credentials;
  readonly logGroups: ReadonlyMap<string, LogGroup>;
  /** Every folder in which code was ever unpacked, by its name in the system's temporary folder. */
  readonly folders: Set<string>;
  /** What functions without a reservation share. */
  readonly unreserved: number;
  arn(service: string, resource: string): string;
}
