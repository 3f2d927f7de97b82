import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { collect } from "../../../test/processes.ts";
import { waitUntil } from "../../../test/wait-until.ts";
import { openConnections } from "./connections.ts";

/** A stopped process: the system takes the first connections for it, and no others. */
async function startStopped(): Promise<number> {
  const source = `
    const server = require("node:net").createServer();
    server.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
      console.log("port " + server.address().port);
    });`;
  const child = spawn(process.execPath, ["--eval", source], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const printed = collect(child.stdout);
  const port = await waitUntil("the port", () => /port (\d+)/.exec(printed())?.[1]);
  child.kill("SIGSTOP");
  return Number(port);
}

/** How many connections from this machine to a port are in a state, as Linux numbers them. */
function countIn(state: "01" | "02", port: number): number {
  const remote = ` 0100007F:${port.toString(16).toUpperCase().padStart(4, "0")} ${state} `;
  return readFileSync("/proc/net/tcp", "utf8").split(remote).length - 1;
}
const [ESTABLISHED, ASKED_FOR] = ["01", "02"] as const;

test("who stops a run waits for no connection, and none stays open", async () => {
  const port = await startStopped();
  const stop = new AbortController();
  const opening = openConnections(new URL(`http://127.0.0.1:${port}/`), 8, stop.signal);
  const failure = opening.catch((error: unknown) => error);
  await waitUntil("some to be open", () => countIn(ESTABLISHED, port) > 0);
  await waitUntil("some to be asked for", () => countIn(ASKED_FOR, port) > 0);
  stop.abort();
  expect(await failure).toBe(stop.signal.reason);
  await waitUntil("all to be closed", () => {
    return countIn(ESTABLISHED, port) + countIn(ASKED_FOR, port) === 0;
  });
});
