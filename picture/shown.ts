/** Where the picture is, and the terminal that it shows. */

import { fileURLToPath } from "node:url";

export const PICTURE = fileURLToPath(new URL("../docs/screen.svg", import.meta.url));
export const SIZE = { columns: 100, rows: 22 };
