/** Credentials that only this test knows, so that finding them anywhere means a leak. */

import { randomBytes } from "node:crypto";

/** Temporary ones, as most are by now: a session token belongs to them. */
export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
}

export function newCredentials(): Credentials {
  return {
    accessKeyId: `ASIA${randomBytes(8).toString("hex").toUpperCase()}`,
    secretAccessKey: randomBytes(30).toString("base64"),
    sessionToken: randomBytes(90).toString("base64"),
  };
}
