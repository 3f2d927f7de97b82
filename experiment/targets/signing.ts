/** Signs requests to a Function URL with Signature Version 4, by AWS's own packages. */

import { Hash } from "@smithy/hash-node";
import { SignatureV4 } from "@smithy/signature-v4";
import type { SignRequest } from "../core/target.ts";
import { type CredentialProvider, credentialsFor } from "./aws-credentials.ts";

/**
 * Makes ready to sign: fetches credentials now, so that nothing waits for them between requests.
 * Later ones are fetched anew when these are about to expire.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
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
    service: "lambda",
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
