/** What a signed request carries that must not get onto a record, whatever an answer repeats. */

const TOKEN_HEADER = "x-amz-security-token";
const SIGNATURE = /Signature=([0-9a-f]+)/;

/**
 * Takes a session token and a signature out of an answer. Services explain a signature that they do
 * not accept by the request as they read it, and that has the token in it.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
 *
 * @param text of the answer, where there is one
 * @param headers of the request that was answered
 */
export function withoutSecrets(
  text: string | undefined,
  headers: Readonly<Record<string, string>>,
): string | undefined {
  return secretsIn(headers).reduce((left, secret) => left?.replaceAll(secret, "[redacted]"), text);
}

function secretsIn(headers: Readonly<Record<string, string>>): string[] {
  return Object.entries(headers).flatMap(([name, value]) => {
    const known = name.toLowerCase();
    if (known === "authorization") return SIGNATURE.exec(value)?.[1] ?? [];
    // JSON may be written with a backslash before each slash, and tokens are full of them.
    return known === TOKEN_HEADER && value !== "" ? [value, value.replaceAll("/", "\\/")] : [];
  });
}
