/** One virtual user of the stand-in for k6: a thread that runs the script's function once. */

import { appendFileSync } from "node:fs";
import { workerData } from "node:worker_threads";
import { logLine, openScript, type VirtualUser } from "./modules.ts";

const user = workerData as VirtualUser;
const { default: iterate } = await openScript(user);
// The thread that would print it waits for this one.
console.log = (text: string) => appendFileSync(user.log, logLine("info", text));
iterate();
