/**
 * The text of a record, however it comes: lines, or one JSON array of them; in UTF-8 or, as
 * PowerShell's `>` writes it, in UTF-16; plain or in gzip; from a file or from standard input.
 */

import { open, stat } from "node:fs/promises";
import { pipeline, Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import { createGunzip } from "node:zlib";

/** In place of a file's name. */
export const STANDARD_INPUT = "-";

/** What a record is called where it is spoken of. */
export function recordName(path: string): string {
  return path === STANDARD_INPUT ? "standard input" : path;
}

/** The texts of some of a record's lines: one at a time would cost more than parsing them. */
export interface Batch {
  /** What each text is of the whole. */
  unit: "line" | "element";
  texts: string[];
  /** Whether the compressed data end in their middle, behind these. */
  isCut?: boolean;
}

const CHUNK_BYTES = 1 << 20;
/** Of the first chunk: a list of records reads the first line of each alone. */
const FIRST_BYTES = 1 << 14;
/** No line of a record comes near to it; what does not end must not be gathered for ever. */
const LONGEST_TEXT = 1 << 26;
const TOO_LONG = "is longer than 64 million characters";
const LINES = "; as one object a line it may be";
/** What an array begins with stands within. */
const START_BYTES = 4_096;
/** More than any of the signs below has, which tell the form of a file. */
const SIGN_BYTES = 4;
const GZIP = [0x1f, 0x8b];
const UTF_16_LE = [0xff, 0xfe];
const UTF_16_BE = [0xfe, 0xff];
const ARRAY = /^\s*\[/;

/**
 * Reads the texts of a record's lines. What stands behind the last line break is a line too.
 *
 * @throws Error when the file cannot be read, is no whole array where it begins as one, or has a line
 *   without an end
 */
export async function* readTexts(path: string): AsyncGenerator<Batch> {
  let lines = 0;
  let rest = "";
  let isArray: boolean | undefined;
  let isCut = false;
  try {
    for await (const text of decoded(unpacked(bytesOf(path)))) {
      if (!isBlank(text)) isArray ??= ARRAY.test(text);
      const end = isArray ? -1 : text.lastIndexOf("\n");
      if (end >= 0) {
        const texts = (rest + text.slice(0, end)).split("\n");
        rest = text.slice(end + 1);
        lines += texts.length;
        yield { unit: "line", texts };
      } else {
        rest += text;
      }
      if (rest.length > LONGEST_TEXT) {
        throw new Error(
          isArray ? `its JSON array ${TOO_LONG}${LINES}` : `line ${lines + 1} ${TOO_LONG}`,
        );
      }
    }
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    isCut = code === "Z_BUF_ERROR";
    if (code.startsWith("Z_") && !isCut) {
      throw new Error(`its compressed data are damaged: ${message}`);
    }
    if (!isCut) throw error;
  }
  if (isArray) yield { unit: "element", texts: elementsOf(rest), isCut };
  else yield { unit: "line", texts: rest === "" ? [] : [rest], isCut };
}

/** Whether a line holds nothing that is seen, as editors leave them at the end of a file. */
export function isBlank(text: string): boolean {
  return !/\S/.test(text);
}

/**
 * What keeps a file from being what this program writes, plain lines in UTF-8, to which lines can be
 * added; `undefined` where it is that, or empty.
 */
export async function foreignForm(path: string): Promise<string | undefined> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(START_BYTES), 0, START_BYTES, 0);
    const start = buffer.subarray(0, bytesRead);
    if (begins(start, GZIP)) return "it is compressed";
    if (begins(start, UTF_16_LE) || begins(start, UTF_16_BE)) return "it is in UTF-16";
    return ARRAY.test(start.toString()) ? "it is a JSON array" : undefined;
  } finally {
    await file.close();
  }
}

/** The array is parsed whole: its elements come as if each had stood on a line. */
function elementsOf(text: string): string[] {
  let elements: unknown[];
  try {
    elements = JSON.parse(text.trim());
  } catch {
    throw new Error("it begins as a JSON array, which is cut off or broken");
  }
  return elements.map((element) => JSON.stringify(element));
}

async function* bytesOf(path: string): AsyncGenerator<Buffer> {
  if (path === STANDARD_INPUT) return yield* process.stdin;
  if (!(await stat(path)).isFile()) {
    const pipe = await open(path);
    return yield* pipe.createReadStream({ highWaterMark: CHUNK_BYTES });
  }
  for (let position = 0, most = FIRST_BYTES; ; most = CHUNK_BYTES) {
    const chunk = await readChunk(path, position, most);
    yield chunk;
    if (chunk.length < most) return;
    position += most;
  }
}

/**
 * Opens the file for a chunk alone: of records that are read side by side, not all could stay open.
 *
 * @returns bytes from a position on, `most` of them unless the file ends before
 */
async function readChunk(path: string, position: number, most: number): Promise<Buffer> {
  const file = await open(path);
  try {
    const chunk = Buffer.allocUnsafe(most);
    for (let size = 0; ; ) {
      // A file system may give less than was asked for before the end.
      const { bytesRead } = await file.read(chunk, size, most - size, position + size);
      size += bytesRead;
      if (bytesRead === 0 || size === most) return chunk.subarray(0, size);
    }
  } finally {
    await file.close();
  }
}

async function* unpacked(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const { start, all } = await begin(bytes);
  if (!begins(start, GZIP)) return yield* all;
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
  // Whatever fails is thrown to whoever reads the other end.
  pipeline(Readable.from(all, { objectMode: false }), gunzip, () => {});
  yield* gunzip;
}

async function* decoded(bytes: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const { start, all } = await begin(bytes);
  const decode = decoderFor(start);
  for await (const chunk of all) yield decode(chunk);
  yield decode();
}

/** Decodes chunk by chunk, and at last what is left of a character. */
function decoderFor(start: Buffer): (chunk?: Buffer) => string {
  const isBigEndian = begins(start, UTF_16_BE);
  if (isBigEndian || begins(start, UTF_16_LE)) {
    const decoder = new TextDecoder(isBigEndian ? "utf-16be" : "utf-16le");
    return (chunk) => decoder.decode(chunk, { stream: chunk !== undefined });
  }
  // It keeps plain characters in one byte each, which TextDecoder does not when it is fed by chunks.
  const decoder = new StringDecoder("utf8");
  return (chunk) => (chunk ? decoder.write(chunk) : decoder.end());
}

/** The first bytes, and all of them with these. A pipe may give them one by one. */
async function begin(
  bytes: AsyncIterable<Buffer>,
): Promise<{ start: Buffer; all: AsyncIterable<Buffer> }> {
  const iterator = bytes[Symbol.asyncIterator]();
  let start: Buffer = Buffer.alloc(0);
  while (start.length < SIGN_BYTES) {
    const { value, done } = await iterator.next();
    if (done) break;
    start = Buffer.concat([start, value]);
  }
  async function* all(): AsyncGenerator<Buffer> {
    try {
      yield start;
      yield* { [Symbol.asyncIterator]: () => iterator };
    } finally {
      // Nobody else closes the file of a reader that has had enough.
      await iterator.return?.();
    }
  }
  return { start, all: all() };
}

function begins(start: Buffer, sign: readonly number[]): boolean {
  return sign.every((byte, at) => start[at] === byte);
}
