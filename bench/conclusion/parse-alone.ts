/** The floor of reading: each line parsed, and nothing made of it: `node parse-alone.ts RECORD`. */

import { readTexts } from "../../experiment/records/record-text.ts";

const [, , path = ""] = process.argv;
const startedAt = performance.now();
for await (const { texts } of readTexts(path)) {
  for (const text of texts) if (text !== "") JSON.parse(text);
}
process.send?.({ readMs: performance.now() - startedAt });
process.disconnect?.();
