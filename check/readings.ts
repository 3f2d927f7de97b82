/** What a text says once it is decoded: a mark is looked for in every reading, however it was sent. */

import {
  brotliDecompressSync,
  gunzipSync,
  inflateRawSync,
  inflateSync,
  zstdDecompressSync,
} from "node:zlib";

/** A text may be encoded in an encoded one, such as a token in a cookie. */
const MOST_LAYERS = 3;

/**
 * All readings of a text, itself first: what is percent-encoded, escaped for HTML or JSON, or base64, as
 * the parts of a JWT are, is decoded, and what is compressed is unpacked. Each reading is of the whole
 * text; of the parts that are base64 it has one a line.
 */
export function readingsOf(text: string): string[] {
  const found = new Set([text]);
  let latest = [text];
  for (let layer = 0; layer < MOST_LAYERS && latest.length > 0; layer++) {
    const read = latest.flatMap(decoded).filter((one) => one !== "" && !found.has(one));
    for (const one of read) found.add(one);
    latest = read.map(readableLines).filter((one) => one !== "");
  }
  return [...found];
}

/** Without the bytes that only looked like base64: nothing is encoded in those. */
function readableLines(text: string): string {
  return text.split("\n").filter(isReadable).join("\n");
}

function decoded(text: string): string[] {
  const formed = text.includes("%") ? text.replaceAll("+", " ") : text;
  return [
    percentDecoded(text),
    percentDecoded(formed),
    htmlUnescaped(text),
    jsonUnescaped(text),
    ...BASE64.map((form) => base64Decoded(text, form)),
  ];
}

/** What cannot be decoded stays as it is. */
function percentDecoded(text: string): string {
  return text.replaceAll(/(?:%[\da-f]{2})+/gi, (codes) => {
    try {
      return decodeURIComponent(codes);
    } catch {
      return codes;
    }
  });
}

const NAMED: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function htmlUnescaped(text: string): string {
  return text.replaceAll(
    /&(?:#x([\da-f]{1,6})|#(\d{1,7})|(\w+));/gi,
    (whole, hex, decimal, name) => {
      if (name !== undefined) return NAMED[name.toLowerCase()] ?? whole;
      const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
      return code <= 0x10_ff_ff ? String.fromCodePoint(code) : whole;
    },
  );
}

function jsonUnescaped(text: string): string {
  return text.replaceAll(/\\(?:u[\da-f]{4}|["\\/bfnrt])/gi, (code) => {
    try {
      return JSON.parse(`"${code}"`);
    } catch {
      return code;
    }
  });
}

/**
 * The common alphabet, and that of URLs, in which a slash ends the part. Of fewer characters any word
 * would be some. https://www.rfc-editor.org/rfc/rfc4648
 */
const BASE64 = [/[A-Za-z\d+/]{8,}={0,2}/g, /[\w-]{8,}={0,2}/g];

function base64Decoded(text: string, form: RegExp): string {
  const parts = text.match(form) ?? [];
  return parts.map((part) => textOf(Buffer.from(part, "base64"))).join("\n");
}

/** Bytes as a text, unpacked if they are compressed; each that is none of a text is U+FFFD. */
export function textOf(bytes: Buffer): string {
  const form = MAGIC.find(({ begins }) => bytes.subarray(0, begins.length).equals(begins));
  const content = form ? unpackedBy(form.encoding, bytes) : undefined;
  return (content ?? bytes).toString();
}

/** Whether a text is one, and not bytes that somebody took for it. */
export function isReadable(text: string): boolean {
  return !/[^\P{Cc}\t\r\n]|\uFFFD/u.test(text);
}

/** How compressed bytes begin, where they say so. */
const MAGIC = [
  { encoding: "gzip", begins: Buffer.from([0x1f, 0x8b]) },
  { encoding: "zstd", begins: Buffer.from([0x28, 0xb5, 0x2f, 0xfd]) },
  ...[0x01, 0x5e, 0x9c, 0xda].map((level) => {
    return { encoding: "deflate", begins: Buffer.from([0x78, level]) };
  }),
];

/** Far more than an answer may have; what unpacks to more is left as it is. */
const LIMIT = { maxOutputLength: 50_000_000 };

const UNPACKERS: Record<string, readonly ((bytes: Buffer) => Buffer)[]> = {
  gzip: [(bytes) => gunzipSync(bytes, LIMIT)],
  br: [(bytes) => brotliDecompressSync(bytes, LIMIT)],
  zstd: [(bytes) => zstdDecompressSync(bytes, LIMIT)],
  // Some send it without its frame: https://www.rfc-editor.org/rfc/rfc9110#section-8.4.1.2
  deflate: [(bytes) => inflateSync(bytes, LIMIT), (bytes) => inflateRawSync(bytes, LIMIT)],
};

/** `undefined`: they are not of this encoding. */
function unpackedBy(encoding: string, bytes: Buffer): Buffer | undefined {
  for (const unpack of UNPACKERS[encoding.replace(/^x-/, "")] ?? []) {
    try {
      return unpack(bytes);
    } catch {
      // Another form of it, or none.
    }
  }
  return undefined;
}

/**
 * A body without the encodings that its header content-encoding names, the last of which was applied
 * last. One that is not what it says stays as it is.
 */
export function unpacked(body: Buffer, contentEncoding: string): Buffer {
  const encodings = contentEncoding.toLowerCase().split(",").reverse();
  return encodings.reduce((bytes, encoding) => unpackedBy(encoding.trim(), bytes) ?? bytes, body);
}
