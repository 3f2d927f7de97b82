import { Hash } from "@smithy/hash-node";
import { SignatureV4 } from "@smithy/signature-v4";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { inputs } from "../test/effort.ts";
import type { SignedRequest } from "./canonical-request.ts";
import { type SigningCredentials, type Verification, verifySignature } from "./signature.ts";

/** The credentials, scope and time of AWS's documentation and of its test suite. */
const ANA: SigningCredentials = {
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
};
const SCOPE = {
  region: "us-east-1",
  service: "service",
  now: new Date("2015-08-30T12:36:00Z"),
};

function verify(
  request: SignedRequest,
  { credentials = ANA, scope = {} }: { credentials?: SigningCredentials; scope?: object } = {},
): Verification {
  return verifySignature(request, { ...SCOPE, ...scope }, (accessKeyId) =>
    accessKeyId === credentials.accessKeyId ? credentials : undefined,
  );
}

/** One character per byte, as Node.js gives what came in. */
function bytes(text: string): string {
  return Buffer.from(text).toString("latin1");
}

interface Vector {
  name: string;
  signature: string;
  method?: string;
  target?: string;
  headers?: Record<string, string | string[]>;
  body?: string;
}

const UNRESERVED = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const VANILLA = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31";
const FORM = {
  "content-length": "13",
  "x-amz-content-sha256": "9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e",
};

/**
 * AWS's own test suite for Signature Version 4, by its names, as published with aws-c-auth; all but
 * those for services that do not normalize paths.
 * https://github.com/awslabs/aws-c-auth/tree/main/tests/aws-signing-test-suite/v4
 */
const VECTORS: Vector[] = [
  { name: "get-vanilla", signature: VANILLA },
  { name: "get-relative-normalized", target: "/example/..", signature: VANILLA },
  {
    name: "get-relative-relative-normalized",
    target: "/example1/example2/../..",
    signature: VANILLA,
  },
  { name: "get-slash-dot-slash-normalized", target: "/./", signature: VANILLA },
  { name: "get-slash-normalized", target: "//", signature: VANILLA },
  {
    name: "get-slash-pointless-dot-normalized",
    target: "/./example",
    signature: "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5",
  },
  {
    name: "get-slashes-normalized",
    target: "//example//",
    signature: "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84",
  },
  {
    name: "get-space-normalized",
    target: "/example space/",
    signature: "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741",
  },
  {
    name: "get-unreserved",
    target: `/${UNRESERVED}`,
    signature: "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f",
  },
  {
    name: "get-utf8",
    target: bytes("/ሴ"),
    signature: "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85",
  },
  {
    name: "get-vanilla-empty-query-key",
    target: "/?Param1=value1",
    signature: "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb",
  },
  {
    name: "get-vanilla-query-order-encoded",
    target: "/?Param-3=Value3&Param=Value2&%E1%88%B4=Value1",
    signature: "371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac",
  },
  {
    name: "get-vanilla-query-order-key-case",
    target: "/?Param2=value2&Param1=value1",
    signature: "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
  },
  {
    name: "get-vanilla-query-unreserved",
    target: `/?${UNRESERVED}=${UNRESERVED}`,
    signature: "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197",
  },
  {
    name: "get-vanilla-utf8-query",
    target: bytes("/?ሴ=bar"),
    signature: "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04",
  },
  {
    name: "get-header-key-duplicate",
    headers: { "my-header1": ["value2", "value2", "value1"] },
    signature: "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea",
  },
  {
    name: "get-header-value-multiline",
    headers: { "my-header1": "value1\n  value2\n     value3" },
    signature: "cfd34249e4b1c8d6b91ef74165d41a32e5fab3306300901bb65a51a73575eefd",
  },
  {
    name: "get-header-value-order",
    headers: { "my-header1": ["value4", "value1", "value3", "value2"] },
    signature: "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01",
  },
  {
    name: "get-header-value-trim",
    headers: { "my-header1": " value1", "my-header2": ' "a   b   c"' },
    signature: "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
  },
  {
    name: "post-vanilla",
    method: "POST",
    signature: "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
  },
  {
    name: "post-header-value-case",
    method: "POST",
    headers: { "my-header1": "VALUE1" },
    signature: "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d",
  },
  {
    name: "post-vanilla-query",
    method: "POST",
    target: "/?Param1=value1",
    signature: "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11",
  },
  {
    name: "post-x-www-form-urlencoded",
    method: "POST",
    headers: { ...FORM, "content-type": "application/x-www-form-urlencoded" },
    body: "Param1=value1",
    signature: "d3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b",
  },
  {
    name: "post-x-www-form-urlencoded-parameters",
    method: "POST",
    headers: { ...FORM, "content-type": "application/x-www-form-urlencoded; charset=utf-8" },
    body: "Param1=value1",
    signature: "328d1b9eaadca9f5818ef05e8392801e091653bafec24fcab71e7344e7f51422",
  },
];

/** A request as it stands in AWS's test suite, with all of its headers signed. */
function vectorRequest(vector: Vector): SignedRequest {
  const { method = "GET", target = "/", body = "", signature } = vector;
  const headers = {
    ...vector.headers,
    host: "example.amazonaws.com",
    "x-amz-date": "20150830T123600Z",
  };
  const authorization =
    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, " +
    `SignedHeaders=${Object.keys(headers).sort().join(";")}, Signature=${signature}`;
  return { method, target, headers: { ...headers, authorization }, body: Buffer.from(body) };
}

describe("AWS's test suite", () => {
  test.each(VECTORS)("$name is accepted as published", (vector) => {
    expect(verify(vectorRequest(vector))).toEqual({ ok: true, credentials: ANA });
  });

  test.each(VECTORS)("$name is refused with another signature", (vector) => {
    const signature = vector.signature.replace(/^./, (digit) => (digit === "0" ? "1" : "0"));
    expect(verify(vectorRequest({ ...vector, signature }))).toMatchObject({ ok: false });
  });

  const token = "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267";
  const withToken = vectorRequest({
    name: "get-vanilla-with-session-token",
    headers: { "x-amz-security-token": token },
    signature: "07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8",
  });

  test("get-vanilla-with-session-token is accepted as published", () => {
    const credentials = { ...ANA, sessionToken: token };
    expect(verify(withToken, { credentials })).toEqual({ ok: true, credentials });
  });

  test("post-sts-header-after, whose token is added to the signed request, is accepted", () => {
    const request = vectorRequest({
      name: "post-sts-header-after",
      method: "POST",
      signature: "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
    });
    const headers = { ...request.headers, "x-amz-security-token": token };
    const credentials = { ...ANA, sessionToken: token };
    expect(verify({ ...request, headers }, { credentials })).toMatchObject({ ok: true });
  });
});

/** Signs as the runner does, with AWS's own package. */
async function sign(
  changes: {
    method?: string;
    path?: string;
    query?: Record<string, string | string[]>;
    headers?: Record<string, string>;
    body?: string;
    credentials?: SigningCredentials;
    target?: string;
    at?: Date;
    region?: string;
    service?: string;
  } = {},
): Promise<SignedRequest> {
  const { method = "POST", path = "/", query = {}, headers = {}, body = "{}" } = changes;
  const { region = SCOPE.region, service = SCOPE.service, credentials = ANA } = changes;
  const sha256 = Hash.bind(null, "sha256");
  const signer = new SignatureV4({ credentials, region, service, sha256, applyChecksum: true });
  const signed = await signer.sign(
    {
      method,
      protocol: "https:",
      hostname: "example.amazonaws.com",
      path,
      query,
      headers: { host: "example.amazonaws.com", "content-type": "application/json", ...headers },
      body,
    },
    { signingDate: changes.at ?? SCOPE.now },
  );
  return {
    method,
    target: changes.target ?? path,
    headers: signed.headers,
    body: Buffer.from(body),
  };
}

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

const MISMATCH = {
  ok: false,
  errorType: "InvalidSignatureException",
  body: {
    message:
      "The request signature we calculated does not match the signature you provided. Check your " +
      "AWS Secret Access Key and signing method. Consult the service documentation for details.",
  },
};

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

function without(headers: SignedRequest["headers"], name: string): SignedRequest["headers"] {
  return Object.fromEntries(Object.entries(headers).filter(([other]) => other !== name));
}
