/** `npm run bench`: ratios against floors and peers, measured side by side. */

import { benchBursts } from "./burst.ts";
import { benchColdStarts } from "./cold-starts.ts";
import { benchFirstFrame } from "./first-frame.ts";
import { benchScreen } from "./screen.ts";

await benchBursts();
await benchColdStarts();
await benchScreen();
await benchFirstFrame();
