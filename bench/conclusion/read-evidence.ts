/** A record's observations, as the reports read them. */

import { evidenceOf } from "../../experiment/core/verdict/evidence.ts";
import { EvidenceTable } from "../../experiment/core/verdict/evidence-table.ts";
import { readTellingLines } from "../../experiment/records/read-record.ts";

/** Reads what counts of a record of one run. */
export async function readEvidence(path: string): Promise<EvidenceTable> {
  const table = new EvidenceTable("");
  for await (const lines of readTellingLines(path, () => false)) {
    for (const line of lines) {
      if (line.type === undefined || line.type === "observation") table.add(evidenceOf(line));
    }
  }
  return table;
}
