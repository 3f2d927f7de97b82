/** The program's version, as shown and recorded. */

import packageJson from "../package.json" with { type: "json" };

export const VERSION = packageJson.version;
