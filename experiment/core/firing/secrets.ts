/** What a signed request carries that must not get onto a record, whatever an answer repeats. */

import type { RequestHeaders } from "../target.ts";

const TOKEN_HEADER = "x-amz-security-token";
const SIGNATURE = /Signature=([0-9a-f]+)/;
const REDACTED = "[redacted]";

/** Takes something out of a text. */
export type Redact = (text: string) => string;

/**
 * What takes session token and signature out of an answer, its head and its body. Services explain a
 * signature that they do not accept by the request as they read it, and that has the token in it.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
 *
 * @param headers of the request that is answered
 */
export function redactionFor(headers: RequestHeaders): Redact {
  const secrets = Object.entries(headers).flatMap(([name, value]) => {
    const known = name.toLowerCase();
    if (known === "authorization") return SIGNATURE.exec(value)?.[1] ?? [];
    return known === TOKEN_HEADER && value !== "" ? patternOf(value) : [];
  });
  return (text) =>
    secrets.reduce<string>((left, secret) => left.replaceAll(secret, REDACTED), text);
}

/** All requests of a run carry the same token, or one of few. */
const patterns = new Map<string, RegExp>();

/** Finds a token in whatever way it is written. */
function patternOf(token: string): RegExp {
  const known = patterns.get(token);
  if (known) return known;
  const pattern = new RegExp(token.replaceAll(/[^0-9A-Za-z]/gu, spellingsOf), "gu");
  patterns.set(token, pattern);
  return pattern;
}

/** The ways of writing a character that is neither letter nor digit in JSON, in a URL and in HTML. */
function spellingsOf(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const digits = code.toString(16);
  const hex = `0*(?:${digits}|${digits.toUpperCase()})`;
  const inJson = [`\\\\*\\u{${digits}}`, `\\\\+u${hex}`];
  return `(?:${[...inJson, `%(?:25)*${hex}`, `&#[xX]${hex};`, `&#0*${code};`].join("|")})`;
}
