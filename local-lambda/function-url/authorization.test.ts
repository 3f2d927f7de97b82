import { Hash } from "@smithy/hash-node";
import { SignatureV4 } from "@smithy/signature-v4";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { inputs } from "../../test/effort.ts";
import {
  credentialsIn,
  iamAuthorization,
  type SignedRequest,
  type SigningCredentials,
  UNSIGNED,
  verifySignature,
} from "./authorization.ts";

/** The credentials, scope and time of AWS's documentation. */
const ANA: SigningCredentials = {
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
};
const NOW = new Date("2015-08-30T12:36:00Z");
const TEMPORARY = { ...ANA, sessionToken: "token/+==" };

interface Signing {
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
  expiresIn?: number;
}

const verify = (request: SignedRequest, credentials = ANA, now = NOW) =>
  verifySignature(request, { region: "us-east-1", service: "service", now }, credentials);

/** What AWS's own package signs with, and what it signs. */
function prepare(changes: Signing) {
  const { method = "POST", path = "/", query = {}, headers = {}, body = "{}" } = changes;
  const { region = "us-east-1", service = "service", credentials = ANA } = changes;
  const sha256 = Hash.bind(null, "sha256");
  const signer = new SignatureV4({ credentials, region, service, sha256, applyChecksum: true });
  const host = "example.amazonaws.com";
  const place = { protocol: "https:", hostname: host, path, query };
  return { signer, request: { ...place, method, headers: { host, ...headers }, body } };
}

/** Signs in a header, as the runner does. */
async function sign(changes: Signing = {}): Promise<SignedRequest> {
  const headers = { "content-type": "application/json", ...changes.headers };
  const { signer, request } = prepare({ ...changes, headers });
  const signed = await signer.sign(request, { signingDate: changes.at ?? NOW });
  const { method, body, path } = request;
  const target = changes.target ?? path;
  return { method, target, headers: signed.headers, body: Buffer.from(body) };
}

/** Signs in the query, as a URL that is given away is signed. */
async function presign(changes: Signing = {}): Promise<SignedRequest> {
  const { signer, request } = prepare({ method: "GET", body: "", ...changes });
  const { at: signingDate = NOW, expiresIn = 600 } = changes;
  const { query = {} } = await signer.presign(request, { signingDate, expiresIn });
  const { method, body, path, headers } = request;
  const target = `${path}?${queryText(query as Record<string, string | string[]>)}`;
  return { method, target, headers, body: Buffer.from(body) };
}

function queryText(query: Record<string, string | string[]>): string {
  return Object.entries(query)
    .flatMap(([name, values]) => [values].flat().map((value) => [name, value]))
    .map((pair) => pair.map(encodeURIComponent).join("="))
    .reverse()
    .join("&");
}

function without(headers: SignedRequest["headers"], name: string): SignedRequest["headers"] {
  const { [name]: _, ...others } = headers;
  return others;
}

const invalidSignature = (message: string) => ({
  errorType: "InvalidSignatureException",
  body: { message },
});
const MISMATCH = invalidSignature(
  "The request signature we calculated does not match the signature you provided. Check your " +
    "AWS Secret Access Key and signing method. Consult the service documentation for details.",
);
const UNKNOWN_KEY = {
  errorType: "UnrecognizedClientException",
  body: { message: "The security token included in the request is invalid." },
};

describe("credentials are AWS's own variables", () => {
  const keys = { AWS_ACCESS_KEY_ID: "AKID", AWS_SECRET_ACCESS_KEY: "secret" };
  const read = { accessKeyId: "AKID", secretAccessKey: "secret" };

  test.each([
    [keys, read],
    [
      { ...keys, AWS_SESSION_TOKEN: "token" },
      { ...read, sessionToken: "token" },
    ],
  ])("%j", (env, credentials) => {
    expect(credentialsIn(env)).toEqual(credentials);
  });

  test.each([
    [{}, "AWS_ACCESS_KEY_ID"],
    [{ AWS_SECRET_ACCESS_KEY: "secret" }, "AWS_ACCESS_KEY_ID"],
    [{ AWS_ACCESS_KEY_ID: "secret" }, "AWS_SECRET_ACCESS_KEY"],
  ])("and missed in %j, without telling what is there", (env, variable) => {
    const missed = expect.objectContaining({ kind: "no credentials", facts: { variable } });
    expect(() => credentialsIn(env)).toThrow(missed);
    expect(() => credentialsIn(env)).not.toThrow(/secret/);
  });
});

test("a refusal is a 403 of AWS's form, and says no name", async () => {
  const headers = { "content-type": "application/json", "x-amzn-errortype": UNSIGNED.errorType };
  const body = Buffer.from(JSON.stringify(UNSIGNED.body));
  const request = { method: "GET", target: "/", headers: {}, body: Buffer.alloc(0) };
  expect(await iamAuthorization("local", ANA)(request)).toEqual({
    admitted: false,
    response: { statusCode: 403, headers, body },
  });
});

describe("what AWS's package signs is accepted", () => {
  test("whatever stands in path, query and body", async () => {
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
        const path = `/${names.map(encodeURIComponent).join("/")}`;
        const target = [path, queryText(parameters)].filter(Boolean).join("?");
        const request = await sign({ path, query: parameters, body, target });
        expect(await verify(request)).toBeUndefined();
      }),
      { numRuns: inputs(300, 10_000) },
    );
  });

  test.each([-300, -1, 0, 1, 300])("%i s off the clock", async (seconds) => {
    const at = new Date(NOW.getTime() + seconds * 1_000);
    expect(await verify(await sign({ at }))).toBeUndefined();
  });

  test.each([
    ["as it was signed", {}],
    ["with parameters of its own", { query: { "a b": ["ä+&=/?", "1"], empty: "" } }],
    ["with more signed headers", { headers: { "x-amz-meta": "1", accept: "*/*" } }],
    ["with a body", { method: "POST", body: "{}" }],
    ["for a week", { expiresIn: 604_800 }],
    ["in its last second", { at: new Date(NOW.getTime() - 600_000) }],
  ])("in a query, %s", async (_, changes) => {
    const { headers, ...request } = await presign(changes);
    // What the package has moved into the query is not sent as a header.
    expect(await verify({ ...request, headers: without(headers, "x-amz-meta") })).toBeUndefined();
  });

  test("with temporary credentials", async () => {
    for (const signed of [sign, presign]) {
      expect(await verify(await signed({ credentials: TEMPORARY }), TEMPORARY)).toBeUndefined();
    }
  });

  test("beside headers that nobody signed", async () => {
    const request = await sign();
    const headers = { ...request.headers, "x-forwarded-for": "127.0.0.1", connection: "close" };
    expect(await verify({ ...request, headers })).toBeUndefined();
  });
});

type Change = (request: SignedRequest) => Partial<SignedRequest>;
const withHeader = (name: string, value: string): Change => {
  return ({ headers }) => ({ headers: { ...headers, [name]: value } });
};
const withQuery = (parameter: string): Change => {
  return ({ target }) => ({ target: `${target}${target.includes("?") ? "&" : "?"}${parameter}` });
};
const replaced = (from: string, to: string): Change => {
  return ({ target }) => ({ target: target.replace(from, to) });
};
const alsoSigned = (name: string): Change => {
  return ({ headers }) => {
    const named = String(headers.authorization).replace("SignedHeaders=", `$&${name};`);
    return { headers: { ...headers, authorization: named } };
  };
};

describe("a request that was changed after it was signed is refused", () => {
  const ANYWHERE: [string, Change][] = [
    ["another method", () => ({ method: "PUT" })],
    ["another path", replaced("/", "/other")],
    ["another body", () => ({ body: Buffer.from("{ }") })],
    ["another host", withHeader("host", "example.org")],
    ["one more parameter", withQuery("a=1")],
    ["a parameter that the package would not sign", withQuery("__proto__=1")],
    ["another signature in other letters", withQuery("x-amz-signature=00")],
    ["a header of AWS's that nobody signed", withHeader("x-amz-meta", "1")],
    ["another hash of the body", withHeader("x-amz-content-sha256", "0".repeat(64))],
  ];
  const IN_HEADER: [string, Change][] = [
    ["a signed header missing", ({ headers }) => ({ headers: without(headers, "content-type") })],
    ["a signature in the query as well", withQuery("X-Amz-Signature=00")],
    ["what every object has as a signed header", alsoSigned("constructor")],
    ["the prototype as a signed header", alsoSigned("__proto__")],
  ];
  const IN_QUERY: [string, Change][] = [
    ["another date as a header", withHeader("x-amz-date", "20300101T000000Z")],
    ["another date in other letters", withQuery("x-amz-date=20300101T000000Z")],
    ["a longer life in other letters", withQuery("x-amz-expires=604800")],
    ["a longer life", replaced("Expires=600", "Expires=6000")],
    ["a life of more than a week", replaced("Expires=600", "Expires=604801")],
  ];

  test.each([
    ...[...ANYWHERE, ...IN_HEADER].map(([what, change]) => [what, "header", sign, change] as const),
    ...[...ANYWHERE, ...IN_QUERY].map(
      ([what, change]) => [what, "query", presign, change] as const,
    ),
  ])("%s, with the signature in its %s", async (_, __, signed, change) => {
    const request = await signed();
    expect(await verify({ ...request, ...change(request) })).toEqual(MISMATCH);
  });

  test.each(["0".repeat(64), "UNSIGNED-PAYLOAD"])("its body signed as %s", async (hash) => {
    const request = await sign({ headers: { "x-amz-content-sha256": hash } });
    expect(await verify(request)).toEqual(MISMATCH);
  });
});

describe("a refusal says what AWS says", () => {
  test.each([
    ["no signature at all", undefined],
    ["another scheme", "Bearer abc"],
    ["another algorithm", "AWS4-HMAC-SHA256X Credential=a"],
    ["less than a signature", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE, SignedHeaders=host"],
  ])("of %s", async (_, authorization) => {
    const request = await sign();
    const rest = without(request.headers, "authorization");
    const headers = { ...rest, ...(authorization !== undefined && { authorization }) };
    expect(await verify({ ...request, headers })).toEqual(UNSIGNED);
  });

  test("of a query that says one of its parts twice", async () => {
    const request = await presign();
    const change = withQuery("X-Amz-Date=20300101T000000Z");
    expect(await verify({ ...request, ...change(request) })).toEqual(UNSIGNED);
  });

  test.each([
    ["an unknown key", { ...ANA, accessKeyId: "AKIDOTHER" }, ANA, UNKNOWN_KEY],
    ["a token where there is none", TEMPORARY, ANA, UNKNOWN_KEY],
    ["no token where there is one", ANA, TEMPORARY, UNKNOWN_KEY],
    ["another token", TEMPORARY, { ...ANA, sessionToken: "b" }, UNKNOWN_KEY],
    ["another secret", { ...ANA, secretAccessKey: "another" }, ANA, MISMATCH],
  ])("of %s", async (_, credentials, known, refusal) => {
    for (const request of [await sign({ credentials }), await presign({ credentials })]) {
      expect(await verify(request, known)).toEqual(refusal);
    }
  });

  test.each([{ region: "eu-west-1" }, { service: "s3" }])(
    "of a signature for %j",
    async (scope) => {
      for (const request of [await sign(scope), await presign(scope)]) {
        expect(await verify(request)).toEqual(MISMATCH);
      }
    },
  );

  const EXPIRED = "expired: 20150830T123600Z is now earlier than";
  const EARLY = "not yet current: 20150830T123600Z is still later than 20150830T123559Z";

  test.each([
    [`${EXPIRED} 20150830T124100Z (20150830T124600Z - 5 min.)`, "12:46:00", sign],
    [`${EXPIRED} 20150830T123601Z (20150830T124601Z - 10 min.)`, "12:46:01", presign],
    [`${EARLY} (20150830T123059Z + 5 min.)`, "12:30:59", sign],
    [`${EARLY} (20150830T123059Z + 5 min.)`, "12:30:59", presign],
  ])("of a signature that is %s at %s", async (words, time, signed) => {
    const refusal = await verify(await signed(), ANA, new Date(`2015-08-30T${time}Z`));
    expect(refusal).toEqual(invalidSignature(`Signature ${words}`));
  });

  test("of anything at all, without failing itself and without a secret in the words", async () => {
    const request = await sign();
    const part = fc.oneof(
      fc.string(),
      fc.constantFrom("Credential=", "SignedHeaders=host", "Signature=a", "AKIDEXAMPLE/", ", "),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(part), fc.string(), fc.string(), async (parts, target, date) => {
        const authorization = `AWS4-HMAC-SHA256 ${parts.join("")}`;
        const headers = { ...request.headers, authorization, "x-amz-date": date };
        const refusal = await verify({ ...request, target, headers });
        expect(refusal).toBeDefined();
        expect(JSON.stringify(refusal)).not.toContain(ANA.secretAccessKey);
      }),
      { numRuns: inputs(300, 10_000) },
    );
  });
});
