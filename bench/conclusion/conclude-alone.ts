/** One conclusion in a process of its own: `node conclude-alone.ts RECORD`. */

import { concludeExperiment } from "../../experiment/core/verdict/conclude.ts";
import { evidenceOf } from "../../experiment/core/verdict/evidence.ts";
import { EvidenceTable } from "../../experiment/core/verdict/evidence-table.ts";
import { readRecord } from "../../experiment/records/read-record.ts";

/** What the process says of it. */
export interface Concluded {
  readMs: number;
  concludeMs: number;
  /** Most that the whole process had in memory, in MB. */
  memoryMb: number;
}

const [, , path = ""] = process.argv;
const startedAt = performance.now();
const table = new EvidenceTable("");
for await (const line of readRecord(path)) {
  if (line.type === "observation") table.add(evidenceOf(line));
}
const readAt = performance.now();
const rows = table.rows();
const { verdict } = concludeExperiment([{ concurrency: 1_000, holdMs: 100, requests: rows }]);
const concludedAt = performance.now();
if (verdict !== "isolated") throw new Error(`The verdict is ${verdict}.`);
const concluded: Concluded = {
  readMs: readAt - startedAt,
  concludeMs: concludedAt - readAt,
  memoryMb: process.resourceUsage().maxRSS / 1_024,
};
process.send?.(concluded);
process.disconnect?.();
