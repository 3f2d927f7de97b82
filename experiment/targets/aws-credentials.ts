/** Credentials, found as every tool of AWS finds them, and the signatures made with them. */

import { defaultProvider } from "@aws-sdk/credential-provider-node";
import { Hash } from "@smithy/hash-node";
import { SignatureV4 } from "@smithy/signature-v4";
import { ExperimentError, rootMessage } from "../core/errors.ts";
import type { SignRequest } from "../core/target.ts";

/** Credentials of AWS, as its own packages pass them on. */
export type Credentials = Awaited<ReturnType<CredentialProvider>>;
/** Fetches credentials, keeps them, and fetches new ones before they expire. */
export type CredentialProvider = ReturnType<typeof defaultProvider>;

/** More than a minute before their end nothing is signed with credentials any more. */
const RESERVE_MS = 60_000;

const silent = () => {};
/** The packages would write their warnings onto the screen. */
const SILENT = { trace: silent, debug: silent, info: silent, warn: silent, error: silent };

/** Somebody may have to sign in meanwhile, in a browser perhaps. */
const PATIENCE_MS = 120_000;
/** After how long it is said what is waited for. */
const SILENCE_MS = 3_000;

export interface Waiting {
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
export function standardCredentials({ onWait }: Waiting = {}): CredentialProvider {
  const provider = defaultProvider({ logger: SILENT });
  let isTold = false;
  const tell = () => {
    if (!isTold) onWait?.("Waiting for AWS credentials …");
    isTold = true;
  };
  return async (options) => {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const notice = setTimeout(tell, SILENCE_MS);
    // Each request asks for them: an error is made only where they are late.
    const onLate = () =>
      reject(new ExperimentError("no AWS credentials in time", { waitedMs: PATIENCE_MS }));
    const limit = setTimeout(onLate, PATIENCE_MS);
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

/**
 * The service in a signature's scope. Of Web Functions it is assumed: their control plane's requests
 * are signed so (`signingName` of botocore's lambda-web), and no page states their endpoints'.
 */
export const SIGNED_SERVICE = "lambda";

/**
 * Makes ready to sign: fetches credentials now, so that nothing waits for them between requests.
 * Later ones are fetched anew when these are about to expire.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
 * Each signature comes with the header X-Amz-Content-SHA256, without which a Web Function answers 403.
 *
 * @param url where all the requests go to
 * @param durationMs for how long, in milliseconds
 * @throws ExperimentError when there are no credentials
 */
export async function openSigner(
  url: URL,
  region: string,
  credentials: CredentialProvider,
  durationMs: number,
): Promise<SignRequest> {
  await credentialsFor(credentials, durationMs);
  const signer = new SignatureV4({
    credentials,
    region,
    service: SIGNED_SERVICE,
    sha256: Hash.bind(null, "sha256"),
  });
  const target = {
    protocol: url.protocol,
    hostname: url.hostname,
    path: url.pathname,
    query: queryOf(url),
  };
  return async ({ method, headers, body }) => {
    const request = { ...target, method, headers: { ...headers, host: url.host }, body };
    const { headers: signed } = await signer.sign(request);
    // The HTTP client writes the host by itself, as it is in the URL.
    const { host: _, ...rest } = signed;
    return rest;
  };
}

/** The query as the signer takes it: names may come more than once. */
function queryOf(url: URL): Record<string, string[]> {
  const query: Record<string, string[]> = {};
  for (const name of url.searchParams.keys()) query[name] ??= url.searchParams.getAll(name);
  return query;
}
