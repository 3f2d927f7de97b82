/** One virtual user of the stand-in for k6: a thread that runs the script's function once. */

import { workerData } from "node:worker_threads";
import { ask, openScript, type VirtualUser } from "./modules.ts";

const { script, env } = workerData as VirtualUser;
const { default: iterate } = await openScript(script, env);
// The thread that would print it waits for this one.
console.log = (text: string) => ask({ type: "log", text });
iterate();
