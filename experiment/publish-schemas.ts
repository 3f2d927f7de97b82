/** `npm run schema`: writes the published JSON Schemas of records and plan files anew. */

import { writeFileSync } from "node:fs";
import { toJsonSchema as planSchema } from "./plans/plan-file.ts";
import { toJsonSchema as recordSchema } from "./records/schema.ts";

publish("plans/plan.schema.json", planSchema());
publish("records/record.schema.json", recordSchema());

function publish(path: string, schema: object): void {
  const file = new URL(path, import.meta.url);
  writeFileSync(file, `${JSON.stringify(schema, undefined, 2)}\n`);
}
