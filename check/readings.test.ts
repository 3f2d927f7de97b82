import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { findMarks, readAnswer } from "./marks.ts";
import { readingsOf, textOf, unpacked } from "./readings.ts";

const base64 = (text: string | Buffer) => Buffer.from(text).toString("base64");

test.each<[how: string, text: string]>([
  ["percent-encoded", "u=ana%40example.com; Path=/"],
  ["percent-encoded twice", "/login?next=%2Fu%2Fana%2540example.com"],
  ["of a form", "name=%22Ana+B%22+ana%40example.com"],
  ["escaped for HTML", "<p>ana&#64;example.com &amp; others"],
  ["escaped for HTML in hexadecimal", "<p>ana&#x40;example.com"],
  ["escaped for JSON", '{\\"user\\":\\"ana\\u0040example.com\\"}'],
  ["in other letters", "Dear ANA@Example.com,"],
  ["base64", base64('{"user":"ana@example.com"}')],
  [
    "in a JWT",
    `a.b ${base64("{}")}.${Buffer.from('{"sub":"ana@example.com"}').toString("base64url")}.x`,
  ],
  [
    "in a part of a path",
    `/files/${Buffer.from('{"é?>":"ana@example.com"}').toString("base64url")}/1`,
  ],
  ["packed", base64(gzipSync("ana@example.com"))],
  ["between bytes", base64(Buffer.from([0, 255, ...Buffer.from("ana@example.com"), 254]))],
])("a mark is found %s", (_, text) => {
  const answer = { status: 200, headers: {}, body: { text } };
  expect(findMarks(readAnswer(answer), ["ana@example.com"])).toEqual([
    { place: "/body/text", mark: "ana@example.com", text },
  ]);
  expect(findMarks(readAnswer(answer), ["bo@example.com", "na@example.com"])).toEqual([]);
});

test("what cannot be decoded stays as it is", () => {
  expect(readingsOf("100% of %zz and %ff &nothing; \\x")).toEqual([
    "100% of %zz and %ff &nothing; \\x",
  ]);
  const broken = Buffer.from([0x1f, 0x8b, 1, 2]);
  expect(unpacked(broken, "gzip")).toEqual(broken);
  expect(textOf(broken)).toBe(broken.toString());
});

test("a body is unpacked as its header says", () => {
  const text = Buffer.from("a text");
  expect(unpacked(brotliCompressSync(text), "br")).toEqual(text);
  expect(unpacked(deflateSync(text), "deflate")).toEqual(text);
  expect(unpacked(deflateRawSync(text), "Deflate")).toEqual(text);
  expect(unpacked(gzipSync(deflateSync(text)), "deflate, x-gzip")).toEqual(text);
  expect(unpacked(text, "identity")).toEqual(text);
});
