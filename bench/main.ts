/** `npm run bench`: ratios against floors and peers, measured side by side. */

import { benchBursts } from "./burst.ts";
import { benchColdStarts } from "./cold-starts.ts";

await benchBursts();
await benchColdStarts();
