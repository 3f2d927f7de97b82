/** The text of an answer's body, and no more than an answer can be. */

import { brotliDecompressSync, gunzipSync, inflateSync, zstdDecompressSync } from "node:zlib";

/**
 * Most that is read of a body, in bytes, compressed or not. The handler's largest answer, the latest
 * 1,000 names of 100 characters each, stays below 650 kB however they are escaped; a function could
 * send 6 MB: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
export const MAX_BODY_BYTES = 2 ** 20;
/** The limit as it is told. */
export const MAX_BODY_WORDS = "1 MiB";

type Decode = (bytes: Buffer, limits: { maxOutputLength: number }) => Buffer;

const DECODERS: Readonly<Record<string, Decode>> = {
  gzip: gunzipSync,
  "x-gzip": gunzipSync,
  deflate: inflateSync,
  br: brotliDecompressSync,
  zstd: zstdDecompressSync,
};

/**
 * Decodes a body that was read to its end.
 *
 * @param codings the answer's `content-encoding`; one that is unknown leaves the bytes as they are
 * @returns the text, or `undefined` when it is too large
 * @throws zlib's error when the bytes are not compressed as it says
 */
export function textOf(bytes: Buffer, codings: string | null): string | undefined {
  // Applied in this order, so taken off in the other one.
  const names = (codings ?? "").toLowerCase().split(",").reverse();
  let text = bytes;
  try {
    for (const name of names) {
      const decode = DECODERS[name.trim()];
      if (decode && text.length > 0) text = decode(text, { maxOutputLength: MAX_BODY_BYTES });
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") return undefined;
    throw error;
  }
  return text.toString();
}
