/** `npm run schema`: writes the published JSON Schemas of plan files, records and reports anew. */

import { writeFileSync } from "node:fs";
import { toJsonSchema as planSchema } from "./plans/plan-file.ts";
import { toJsonSchema as recordSchema } from "./records/schema.ts";
import { toJsonSchema as reportSchema } from "./reports/json-report.ts";

publish("plans/plan.schema.json", planSchema());
publish("records/record.schema.json", recordSchema());
publish("reports/report.schema.json", reportSchema());

function publish(path: string, schema: object): void {
  const file = new URL(path, import.meta.url);
  writeFileSync(file, `${JSON.stringify(schema, undefined, 2)}\n`);
}
