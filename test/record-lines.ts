/** Records as any reader would read them: each line is checked against the published JSON Schema. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import type { RecordLine } from "../experiment/core/record-lines.ts";
import { ROOT } from "./processes.ts";

const SCHEMA = join(ROOT, "experiment/records/record.schema.json");
const validate = new Ajv2020({ validateFormats: false }).compile<RecordLine>(
  JSON.parse(readFileSync(SCHEMA, "utf8")),
);

/**
 * Reads the lines of a record.
 *
 * @throws Error that says what is wrong with the first line that the schema does not allow
 */
export function linesOf(ndjson: string): RecordLine[] {
  return ndjson
    .trimEnd()
    .split("\n")
    .map((text) => {
      const line: unknown = JSON.parse(text);
      if (validate(line)) return line;
      throw new Error(JSON.stringify([validate.errors, line], undefined, 1));
    });
}
