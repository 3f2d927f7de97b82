/** Credentials, found as every tool of AWS finds them. */

import { defaultProvider } from "@aws-sdk/credential-provider-node";
import { ExperimentError, rootMessage } from "../core/errors.ts";

/** Credentials of AWS, as its own packages pass them on. */
export type Credentials = Awaited<ReturnType<CredentialProvider>>;
/** Fetches credentials, keeps them, and fetches new ones before they expire. */
export type CredentialProvider = ReturnType<typeof defaultProvider>;

/** More than a minute before their end nothing is signed with credentials any more. */
const RESERVE_MS = 60_000;

const silent = () => {};
/** The packages would write their warnings onto the screen. */
const SILENT = { trace: silent, debug: silent, info: silent, warn: silent, error: silent };

/** Who signs in meanwhile, in a browser for one, needs a while. */
const PATIENCE_MS = 120_000;
/** After how long it is said what is waited for. */
const SILENCE_MS = 3_000;

export interface Waiting {
  /** How long credentials are waited for, in milliseconds; by default two minutes. */
  patienceMs?: number;
  /** Called once when they take their time, with what to say. */
  onWait?: ((words: string) => void) | undefined;
}

/**
 * The standard chain: environment variables, profiles (SSO and processes included), web identity,
 * and the metadata of containers and machines. The chain itself waits for ever, for a program that
 * a profile names as much as for a service.
 * https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
 *
 * @returns what throws an ExperimentError when they do not come in time
 */
export function standardCredentials({
  patienceMs = PATIENCE_MS,
  onWait,
}: Waiting = {}): CredentialProvider {
  const provider = defaultProvider({ logger: SILENT });
  let isTold = false;
  const tell = () => {
    if (!isTold) onWait?.("Waiting for AWS credentials …");
    isTold = true;
  };
  return async (options) => {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const notice = setTimeout(tell, SILENCE_MS);
    const tooLate = new ExperimentError("no AWS credentials in time", { waitedMs: patienceMs });
    const limit = setTimeout(() => reject(tooLate), patienceMs);
    try {
      return await Promise.race([provider(options), late]);
    } finally {
      clearTimeout(notice);
      clearTimeout(limit);
    }
  };
}

/**
 * Fetches credentials that last so long, where such are to be had: those that would expire earlier
 * are fetched anew.
 *
 * @param durationMs from now, in milliseconds
 * @throws ExperimentError when there are none
 */
export async function credentialsFor(
  provider: CredentialProvider,
  durationMs: number,
): Promise<Credentials> {
  try {
    const credentials = await provider();
    const end = Date.now() + durationMs + RESERVE_MS;
    const last = credentials.expiration === undefined || credentials.expiration.getTime() >= end;
    if (last) return credentials;
    // Those at hand are good for a while, whatever becomes of new ones.
    return await provider({ forceRefresh: true }).catch(() => credentials);
  } catch (error) {
    if (error instanceof ExperimentError) throw error;
    throw new ExperimentError("no AWS credentials", { why: rootMessage(error) }, { cause: error });
  }
}
