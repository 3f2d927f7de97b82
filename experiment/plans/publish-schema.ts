/** `npm run schema`: writes the published JSON Schema of plan files anew. */

import { writeFileSync } from "node:fs";
import { toJsonSchema } from "./schema.ts";

const file = new URL("plan.schema.json", import.meta.url);
writeFileSync(file, `${JSON.stringify(toJsonSchema(), undefined, 2)}\n`);
