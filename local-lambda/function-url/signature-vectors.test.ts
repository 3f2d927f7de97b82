import { expect, test } from "vitest";
import { type SignedRequest, verifySignature } from "./authorization.ts";

/** The credentials, scope and time of AWS's test suite. */
const credentials = {
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
};
const scope = {
  region: "us-east-1",
  service: "service",
  now: new Date("2015-08-30T12:36:00Z"),
};

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

test.each(VECTORS)("$name is accepted as published, and no other signature", async (vector) => {
  expect(await verifySignature(vectorRequest(vector), scope, credentials)).toBeUndefined();
  const signature = vector.signature.replace(/^./, (digit) => (digit === "0" ? "1" : "0"));
  const changed = vectorRequest({ ...vector, signature });
  expect(await verifySignature(changed, scope, credentials)).toBeDefined();
});

const sessionToken = "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267";

test("get-vanilla-with-session-token is accepted as published", async () => {
  const request = vectorRequest({
    name: "get-vanilla-with-session-token",
    headers: { "x-amz-security-token": sessionToken },
    signature: "07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8",
  });
  const known = { ...credentials, sessionToken };
  expect(await verifySignature(request, scope, known)).toBeUndefined();
});

test("post-sts-header-after, whose token is added to the signed request, is accepted", async () => {
  const request = vectorRequest({
    name: "post-sts-header-after",
    method: "POST",
    signature: "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
  });
  const headers = { ...request.headers, "x-amz-security-token": sessionToken };
  const known = { ...credentials, sessionToken };
  expect(await verifySignature({ ...request, headers }, scope, known)).toBeUndefined();
});
