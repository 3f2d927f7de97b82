/** The floor of reading: each line parsed, and nothing made of it: `node parse-alone.ts RECORD`. */

import { lineBatches } from "../../experiment/records/line-batches.ts";

const [, , path = ""] = process.argv;
const startedAt = performance.now();
for await (const lines of lineBatches(path)) {
  for (const line of lines) if (line !== "") JSON.parse(line);
}
process.send?.({ readMs: performance.now() - startedAt });
process.disconnect?.();
