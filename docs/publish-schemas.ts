/** `npm run schema`: writes the published JSON Schemas anew, of all that people and programs read. */

import { writeFileSync } from "node:fs";
import { toJsonSchema as eventsSchema } from "../check/events-file.ts";
import { toJsonSchema as checkSchema } from "../check/reports/report.ts";
import { toJsonSchema as planSchema } from "../experiment/plans/plan-file.ts";
import { toJsonSchema as recordSchema } from "../experiment/records/schema.ts";
import { toJsonSchema as reportSchema } from "../experiment/reports/json-report.ts";

publish("experiment/plans/plan.schema.json", planSchema());
publish("experiment/records/record.schema.json", recordSchema());
publish("experiment/reports/report.schema.json", reportSchema());
publish("check/events.schema.json", eventsSchema());
publish("check/report.schema.json", checkSchema());

function publish(path: string, schema: object): void {
  const file = new URL(`../${path}`, import.meta.url);
  writeFileSync(file, `${JSON.stringify(schema, undefined, 2)}\n`);
}
