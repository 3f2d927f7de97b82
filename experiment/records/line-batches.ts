/** The lines of a file of any size, many at a time: a step of a generator for each would cost more. */

import { type FileHandle, open } from "node:fs/promises";

const CHUNK_BYTES = 1 << 20;
/** No line of a record comes near to it; what does not end must not be gathered for ever. */
const LONGEST_LINE_BYTES = 1 << 26;
const LINE_FEED = 0x0a;

/**
 * Reads a text file's lines in batches. What stands behind the last line break is a line too.
 *
 * @throws Error when the file cannot be read, or a line has no end
 */
export async function* lineBatches(path: string): AsyncGenerator<string[]> {
  const file = await open(path);
  let next = readChunk(file);
  try {
    let rest: Buffer[] = [];
    let restBytes = 0;
    for (let chunk = await next; chunk.length > 0; chunk = await next) {
      // The disk works while the lines before are.
      next = readChunk(file);
      const end = chunk.lastIndexOf(LINE_FEED);
      if (end >= 0) {
        // A line is decoded whole: a character may lie across two chunks.
        const lines = Buffer.concat([...rest, chunk.subarray(0, end)]);
        rest = [];
        restBytes = 0;
        yield lines.toString("utf8").split("\n");
      }
      rest.push(chunk.subarray(end + 1));
      restBytes += chunk.length - end - 1;
      if (restBytes > LONGEST_LINE_BYTES) throw new Error("it has a line of more than 64 MB");
    }
    if (restBytes > 0) yield [Buffer.concat(rest).toString()];
  } finally {
    await next.catch(() => {});
    await file.close();
  }
}

/** Whether a line holds nothing that is seen, as editors leave them at the end of a file. */
export function isBlank(text: string): boolean {
  return !/\S/.test(text);
}

/** @returns the next bytes; none at the end. A failure waits until somebody asks for them. */
function readChunk(file: FileHandle): Promise<Buffer> {
  const reading = file
    .read(Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES)
    .then(({ buffer, bytesRead }) => buffer.subarray(0, bytesRead));
  reading.catch(() => {});
  return reading;
}
