import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { inputs } from "../../test/effort.ts";
import { ANA, MISMATCH, SCOPE, sign, verify, without } from "../../test/signatures.ts";
import type { SignedRequest } from "./canonical-request.ts";

/** As `new URL` and `URLSearchParams` leave it, or stricter; the canonical form is one. */
const percentEncode = (text: string) => encodeURIComponent(text);

describe("what AWS's package signs", () => {
  test("is accepted, whatever stands in path, query and body", async () => {
    const text = fc.string({ unit: "grapheme", maxLength: 12 });
    const query = fc.dictionary(
      text.filter((name) => name !== "" && name !== "__proto__"),
      fc.oneof(text, fc.array(text, { minLength: 1, maxLength: 3 })),
      { maxKeys: 4 },
    );
    const segments = fc.array(fc.oneof(text, fc.constantFrom(".", "..", "a b", "%2F", "ä+!'()*")), {
      maxLength: 4,
    });
    await fc.assert(
      fc.asyncProperty(segments, query, text, async (names, parameters, body) => {
        const path = `/${names.map(percentEncode).join("/")}`;
        const pairs = Object.entries(parameters).flatMap(([name, value]) =>
          [value].flat().map((one) => `${percentEncode(name)}=${percentEncode(one)}`),
        );
        const target = pairs.length > 0 ? `${path}?${pairs.reverse().join("&")}` : path;
        const request = await sign({ path, query: parameters, body, target });
        expect(verify(request)).toMatchObject({ ok: true });
      }),
      { numRuns: inputs(300, 10_000) },
    );
  });

  test("is accepted with temporary credentials that have not ended", async () => {
    const credentials = {
      ...ANA,
      sessionToken: "token/+==",
      expiresAt: new Date(SCOPE.now.getTime() + 1),
    };
    const request = await sign({ credentials });
    expect(verify(request, { credentials })).toEqual({ ok: true, credentials });
  });

  test.each([-300, -1, 0, 1, 300])("is accepted %i s off the clock", async (seconds) => {
    const at = new Date(SCOPE.now.getTime() + seconds * 1_000);
    expect(verify(await sign({ at }))).toMatchObject({ ok: true });
  });
});

describe("a changed request", () => {
  const changes: [string, (request: SignedRequest) => Partial<SignedRequest>][] = [
    ["another method", () => ({ method: "PUT" })],
    ["another path", () => ({ target: "/other" })],
    ["one more parameter", ({ target }) => ({ target: `${target}?a=1` })],
    ["another body", () => ({ body: Buffer.from("{ }") })],
    ["another host", ({ headers }) => ({ headers: { ...headers, host: "example.org" } })],
    ["a signed header missing", ({ headers }) => ({ headers: without(headers, "content-type") })],
    [
      "a header of AWS's that nobody signed",
      ({ headers }) => ({ headers: { ...headers, "x-amz-meta": "1" } }),
    ],
    [
      "another hash of the body",
      ({ headers }) => ({ headers: { ...headers, "x-amz-content-sha256": "0".repeat(64) } }),
    ],
  ];

  test.each(changes)("is refused: %s", async (_, change) => {
    const request = await sign();
    expect(verify({ ...request, ...change(request) })).toEqual(MISMATCH);
  });

  test("is refused when its body's hash was signed and another body sent", async () => {
    const request = await sign({ headers: { "x-amz-content-sha256": "0".repeat(64) } });
    expect(verify(request)).toEqual(MISMATCH);
  });

  test("is refused when its body was not signed at all", async () => {
    const request = await sign({ headers: { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" } });
    expect(verify(request)).toEqual(MISMATCH);
  });

  test("is refused when it names what every object has as a signed header", async () => {
    const request = await sign();
    const authorization = String(request.headers.authorization);
    for (const name of ["constructor", "__proto__"]) {
      const named = authorization.replace("SignedHeaders=", `SignedHeaders=${name};`);
      const headers = { ...request.headers, authorization: named };
      expect(verify({ ...request, headers })).toEqual(MISMATCH);
    }
  });

  test("may have headers that nobody signed", async () => {
    const request = await sign();
    const headers = { ...request.headers, "x-forwarded-for": "127.0.0.1", connection: "close" };
    expect(verify({ ...request, headers })).toMatchObject({ ok: true });
  });
});
