/** `npm run schema`: writes the published JSON Schema anew. */

import { writeFileSync } from "node:fs";
import { toJsonSchema } from "./schema.ts";

const file = new URL("record.schema.json", import.meta.url);
writeFileSync(file, `${JSON.stringify(toJsonSchema(), undefined, 2)}\n`);
