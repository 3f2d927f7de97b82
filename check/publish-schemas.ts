/** Part of `npm run schema`: writes the published JSON Schemas of events and of what a check says. */

import { writeFileSync } from "node:fs";
import { toJsonSchema as eventsSchema } from "./events-file.ts";
import { toJsonSchema as reportSchema } from "./reports/report.ts";

publish("events.schema.json", eventsSchema());
publish("report.schema.json", reportSchema());

function publish(path: string, schema: object): void {
  const file = new URL(path, import.meta.url);
  writeFileSync(file, `${JSON.stringify(schema, undefined, 2)}\n`);
}
