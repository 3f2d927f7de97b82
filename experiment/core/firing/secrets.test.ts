import { expect, test } from "vitest";
import { redactionFor } from "./exchange.ts";

const TOKEN = "IQoJb3Jp/Zm9v+YmFy/+==";
const SIGNATURE = "0123456789abcdef";
const redact = redactionFor({
  Authorization: `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE, Signature=${SIGNATURE}`,
  "X-Amz-Security-Token": TOKEN,
});

const codes = (write: (code: number) => string) =>
  TOKEN.replaceAll(/[/+=]/g, (character) => write(character.charCodeAt(0)));

test.each([
  ["as it is", TOKEN],
  ["in JSON with its slashes escaped", TOKEN.replaceAll("/", "\\/")],
  ["in JSON within JSON", TOKEN.replaceAll("/", "\\\\\\/")],
  ["in JSON by codes", codes((code) => `\\u00${code.toString(16).toUpperCase()}`)],
  ["in JSON within JSON by codes", codes((code) => `\\\\u00${code.toString(16)}`)],
  ["in a URL", encodeURIComponent(TOKEN)],
  ["in a URL within a URL", encodeURIComponent(encodeURIComponent(TOKEN))],
  ["in HTML", codes((code) => `&#x${code.toString(16)};`)],
  ["in HTML by decimal codes", codes((code) => `&#${code};`)],
])("a session token is found %s, however often it is repeated", (_, written) => {
  expect(redact(`<${written}|${written}>`)).toBe("<[redacted]|[redacted]>");
});

test("a signature is taken out, and what stands beside it stays", () => {
  expect(redact(`Credential=AKIDEXAMPLE, Signature=${SIGNATURE}`)).toBe(
    "Credential=AKIDEXAMPLE, Signature=[redacted]",
  );
});

test("without a signature or token nothing is taken for one", () => {
  const headers = { authorization: "Bearer of nothing", "x-amz-security-token": "" };
  expect(redactionFor(headers)(`Signature=${SIGNATURE} ${TOKEN}`)).toBe(
    `Signature=${SIGNATURE} ${TOKEN}`,
  );
});
