import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { inputs } from "../../test/effort.ts";
import { ANA, MISMATCH, SCOPE, sign, verify, without } from "../../test/signatures.ts";

describe("refusals say what AWS says", () => {
  test.each([
    ["no authorization", undefined],
    ["another scheme", "Bearer abc"],
    ["another algorithm", "AWS4-HMAC-SHA256X Credential=a"],
  ])("of %s", async (_, authorization) => {
    const { headers, ...request } = await sign();
    const rest = without(headers, "authorization");
    const changed = authorization === undefined ? rest : { ...rest, authorization };
    expect(verify({ ...request, headers: changed })).toEqual({
      ok: false,
      errorType: "AccessDeniedException",
      body: {
        Message:
          "Forbidden. For troubleshooting Function URL authorization issues, see: " +
          "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html",
      },
    });
  });

  test("of a secret that is not the key's", async () => {
    const request = await sign({ credentials: { ...ANA, secretAccessKey: "another" } });
    expect(verify(request)).toEqual(MISMATCH);
  });

  test.each([
    [
      "20150830T123600Z",
      "2015-08-30T12:46:00Z",
      "Signature expired: 20150830T123600Z is now earlier than 20150830T124100Z (20150830T124600Z - 5 min.)",
    ],
    [
      "20150830T123600Z",
      "2015-08-30T12:30:59Z",
      "Signature not yet current: 20150830T123600Z is still later than 20150830T123559Z (20150830T123059Z + 5 min.)",
    ],
  ])("of a signature of %s at %s", async (signedAt, now, message) => {
    const request = await sign();
    expect(request.headers["x-amz-date"]).toBe(signedAt);
    expect(verify(request, { scope: { now: new Date(now) } })).toEqual({
      ok: false,
      errorType: "InvalidSignatureException",
      body: { message },
    });
  });

  const invalid = {
    ok: false,
    errorType: "UnrecognizedClientException",
    body: { message: "The security token included in the request is invalid." },
  };

  test.each([
    ["an unknown key", { ...ANA, accessKeyId: "AKIDOTHER" }, ANA],
    ["a token where there is none", { ...ANA, sessionToken: "a" }, ANA],
    ["no token where there is one", ANA, { ...ANA, sessionToken: "a" }],
    ["another token", { ...ANA, sessionToken: "a" }, { ...ANA, sessionToken: "b" }],
  ])("of %s", async (_, signing, credentials) => {
    expect(verify(await sign({ credentials: signing }), { credentials })).toEqual(invalid);
  });

  test("of temporary credentials that have ended", async () => {
    const credentials = { ...ANA, sessionToken: "a", expiresAt: SCOPE.now };
    expect(verify(await sign({ credentials }), { credentials })).toEqual({
      ok: false,
      errorType: "ExpiredTokenException",
      body: { message: "The security token included in the request is expired" },
    });
  });

  test.each([
    ["another region", { region: "eu-west-1" }, /valid region/],
    ["another service", { service: "s3" }, /correct service: 'service'/],
  ])("of a signature for %s", async (_, change, message) => {
    expect(verify(await sign(change))).toMatchObject({
      errorType: "InvalidSignatureException",
      body: { message: expect.stringMatching(message) },
    });
  });

  test.each([
    "AWS4-HMAC-SHA256 ",
    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE, SignedHeaders=host, Signature=ab",
    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, Signature=a",
  ])("of %j, which lacks something", async (authorization) => {
    const request = await sign();
    const headers = { ...request.headers, authorization };
    expect(verify({ ...request, headers })).toMatchObject({
      errorType: "IncompleteSignatureException",
    });
  });

  test("of a request without a date, or with one in another form", async () => {
    const request = await sign();
    for (const headers of [
      without(request.headers, "x-amz-date"),
      { ...request.headers, "x-amz-date": "2015-08-30T12:36:00Z" },
    ]) {
      expect(verify({ ...request, headers })).toMatchObject({
        errorType: "IncompleteSignatureException",
      });
    }
  });

  test("of anything at all, without failing itself and without a secret in the words", async () => {
    const { secretAccessKey } = ANA;
    const request = await sign();
    const part = fc.oneof(
      fc.string(),
      fc.constantFrom("Credential=", "SignedHeaders=host", "Signature=a", "AKIDEXAMPLE/", ", "),
    );
    fc.assert(
      fc.property(fc.array(part), fc.string(), fc.string(), (parts, target, date) => {
        const authorization = `AWS4-HMAC-SHA256 ${parts.join("")}`;
        const headers = { ...request.headers, authorization, "x-amz-date": date };
        const verification = verify({ ...request, target, headers });
        expect(verification.ok).toBe(false);
        expect(JSON.stringify(verification)).not.toContain(secretAccessKey);
      }),
      { numRuns: inputs(300, 10_000) },
    );
  });
});
