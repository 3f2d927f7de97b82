import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { inputs } from "../../test/effort.ts";
import { ANA, MISMATCH, presign, SCOPE, sign, verify, without } from "../../test/signatures.ts";
import { type SignedRequest, UNSIGNED } from "./signature.ts";

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
        expect(await verify(request)).toMatchObject({ ok: true });
      }),
      { numRuns: inputs(300, 10_000) },
    );
  });

  test("is accepted with temporary credentials", async () => {
    const credentials = { ...ANA, sessionToken: "token/+==" };
    for (const request of [await sign({ credentials }), await presign({ credentials })]) {
      expect(await verify(request, { credentials })).toEqual({ ok: true, credentials });
    }
  });

  test.each([-300, -1, 0, 1, 300])("is accepted %i s off the clock", async (seconds) => {
    const at = new Date(SCOPE.now.getTime() + seconds * 1_000);
    expect(await verify(await sign({ at }))).toMatchObject({ ok: true });
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
    expect(await verify({ ...request, ...change(request) })).toEqual(MISMATCH);
  });

  test("is refused when its body's hash was signed and another body sent", async () => {
    const request = await sign({ headers: { "x-amz-content-sha256": "0".repeat(64) } });
    expect(await verify(request)).toEqual(MISMATCH);
  });

  test("is refused when its body was not signed at all", async () => {
    const request = await sign({ headers: { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" } });
    expect(await verify(request)).toEqual(MISMATCH);
  });

  test("is refused when it names what every object has as a signed header", async () => {
    const request = await sign();
    const authorization = String(request.headers.authorization);
    for (const name of ["constructor", "__proto__"]) {
      const named = authorization.replace("SignedHeaders=", `SignedHeaders=${name};`);
      const headers = { ...request.headers, authorization: named };
      expect(await verify({ ...request, headers })).toEqual(MISMATCH);
    }
  });

  test("may have headers that nobody signed", async () => {
    const request = await sign();
    const headers = { ...request.headers, "x-forwarded-for": "127.0.0.1", connection: "close" };
    expect(await verify({ ...request, headers })).toMatchObject({ ok: true });
  });
});

describe("a signature in the query", () => {
  test.each([
    ["as it was signed", {}],
    ["with parameters of its own", { query: { "a b": ["ä+&=/?", "1"], empty: "" } }],
    ["with more signed headers", { headers: { "x-amz-meta": "1", accept: "*/*" } }],
    ["with a body", { method: "POST", body: "{}" }],
    ["for a week", { expiresIn: 604_800 }],
    ["in its last second", { at: new Date(SCOPE.now.getTime() - 600_000) }],
  ])("is accepted %s", async (_, changes) => {
    const { headers, ...request } = await presign(changes);
    // What the package has moved into the query is not sent as a header.
    expect(await verify({ ...request, headers: without(headers, "x-amz-meta") })).toMatchObject({
      ok: true,
    });
  });

  const added: [string, string][] = [
    ["one more parameter", "a=1"],
    ["one that the package would not sign", "__proto__=1"],
    ["another signature in other letters", "x-amz-signature=00"],
    ["another date in other letters", "x-amz-date=20300101T000000Z"],
    ["a longer life in other letters", "x-amz-expires=604800"],
  ];

  test.each(added)("is refused with %s", async (_, parameter) => {
    const request = await presign();
    expect(await verify({ ...request, target: `${request.target}&${parameter}` })).toEqual(
      MISMATCH,
    );
  });

  test.each([
    ["another path", ({ target }: SignedRequest) => ({ target: `/other${target.slice(1)}` })],
    ["a body", () => ({ body: Buffer.from("{}") })],
    [
      "a header of AWS's that nobody signed",
      ({ headers }: SignedRequest) => ({ headers: { ...headers, "x-amz-meta": "1" } }),
    ],
    [
      "a longer life",
      ({ target }: SignedRequest) => ({ target: target.replace("Expires=600", "Expires=6000") }),
    ],
    [
      "a life of more than a week",
      ({ target }: SignedRequest) => ({ target: target.replace("Expires=600", "Expires=604801") }),
    ],
  ])("is refused with %s", async (_, change) => {
    const request = await presign();
    expect(await verify({ ...request, ...change(request) })).toEqual(MISMATCH);
  });

  test("is none when one of its parts is said twice", async () => {
    const request = await presign();
    const target = `${request.target}&X-Amz-Date=20300101T000000Z`;
    expect(await verify({ ...request, target })).toEqual({ ok: false, ...UNSIGNED });
  });
});

describe("a refusal says what AWS says", () => {
  test.each([
    ["no signature at all", undefined],
    ["another scheme", "Bearer abc"],
    ["another algorithm", "AWS4-HMAC-SHA256X Credential=a"],
    ["less than a signature", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE, SignedHeaders=host"],
  ])("of %s", async (_, authorization) => {
    const { headers, ...request } = await sign();
    const rest = without(headers, "authorization");
    const changed = authorization === undefined ? rest : { ...rest, authorization };
    expect(await verify({ ...request, headers: changed })).toEqual({ ok: false, ...UNSIGNED });
  });

  const unknown = {
    ok: false,
    errorType: "UnrecognizedClientException",
    body: { message: "The security token included in the request is invalid." },
  };

  test.each([
    ["an unknown key", { ...ANA, accessKeyId: "AKIDOTHER" }, ANA],
    ["a token where there is none", { ...ANA, sessionToken: "a" }, ANA],
    ["no token where there is one", ANA, { ...ANA, sessionToken: "a" }],
    ["another token", { ...ANA, sessionToken: "a" }, { ...ANA, sessionToken: "b" }],
  ])("of %s", async (_, credentials, known) => {
    for (const request of [await sign({ credentials }), await presign({ credentials })]) {
      expect(await verify(request, { credentials: known })).toEqual(unknown);
    }
  });

  test.each([
    ["another secret", { credentials: { ...ANA, secretAccessKey: "another" } }],
    ["another region", { region: "eu-west-1" }],
    ["another service", { service: "s3" }],
  ])("of a signature with %s", async (_, changes) => {
    for (const request of [await sign(changes), await presign(changes)]) {
      expect(await verify(request)).toEqual(MISMATCH);
    }
  });

  const untimely = [
    {
      ...{ signed: sign, at: "2015-08-30T12:46:00Z" },
      message:
        "Signature expired: 20150830T123600Z is now earlier than 20150830T124100Z (20150830T124600Z - 5 min.)",
    },
    {
      ...{ signed: sign, at: "2015-08-30T12:30:59Z" },
      message:
        "Signature not yet current: 20150830T123600Z is still later than 20150830T123559Z (20150830T123059Z + 5 min.)",
    },
    {
      ...{ signed: presign, at: "2015-08-30T12:46:01Z" },
      message:
        "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z (20150830T124601Z - 10 min.)",
    },
    {
      ...{ signed: presign, at: "2015-08-30T12:30:59Z" },
      message:
        "Signature not yet current: 20150830T123600Z is still later than 20150830T123559Z (20150830T123059Z + 5 min.)",
    },
  ];

  test.each(untimely)("of a signature at the wrong time: $message", async (one) => {
    const verification = verify(await one.signed(), { scope: { now: new Date(one.at) } });
    expect(await verification).toEqual({
      ...{ ok: false, errorType: "InvalidSignatureException" },
      body: { message: one.message },
    });
  });

  test("of anything at all, without failing itself and without a secret in the words", async () => {
    const { secretAccessKey } = ANA;
    const request = await sign();
    const part = fc.oneof(
      fc.string(),
      fc.constantFrom("Credential=", "SignedHeaders=host", "Signature=a", "AKIDEXAMPLE/", ", "),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(part), fc.string(), fc.string(), async (parts, target, date) => {
        const authorization = `AWS4-HMAC-SHA256 ${parts.join("")}`;
        const headers = { ...request.headers, authorization, "x-amz-date": date };
        const verification = await verify({ ...request, target, headers });
        expect(verification.ok).toBe(false);
        expect(JSON.stringify(verification)).not.toContain(secretAccessKey);
      }),
      { numRuns: inputs(300, 10_000) },
    );
  });
});
