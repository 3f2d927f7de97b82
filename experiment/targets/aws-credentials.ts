/** Credentials, found as every tool of AWS finds them. */

import { defaultProvider } from "@aws-sdk/credential-provider-node";
import { asSentence, ExperimentError, rootMessage } from "../core/errors.ts";

/** Credentials of AWS, as its own packages pass them on. */
export type Credentials = Awaited<ReturnType<CredentialProvider>>;
/** Fetches credentials, keeps them, and fetches new ones before they expire. */
export type CredentialProvider = ReturnType<typeof defaultProvider>;

/** More than a minute before their end nothing is signed with credentials any more. */
const RESERVE_MS = 60_000;

const silent = () => {};
/** The packages would write their warnings onto the screen. */
const SILENT = { trace: silent, debug: silent, info: silent, warn: silent, error: silent };

/**
 * The standard chain: environment variables, profiles (SSO and processes included), web identity,
 * and the metadata of containers and machines.
 * https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
 */
export function standardCredentials(): CredentialProvider {
  return defaultProvider({ logger: SILENT });
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
    throw new ExperimentError(
      `There are no AWS credentials: ${asSentence(rootMessage(error))}`,
      'Sign in, such as with "aws sso login", or name a profile with AWS_PROFILE, and try again.',
      { cause: error },
    );
  }
}
