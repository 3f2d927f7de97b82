/** A record as an experiment of any length would leave it: warm environments that serve in turn. */

import { closeSync, openSync, writeSync } from "node:fs";
import {
  type Observation,
  type RunLine,
  SCHEMA_VERSION,
} from "../../experiment/core/record-lines.ts";

/** Fewer requests than this have an environment each. */
const ENVIRONMENTS = 1_000;
const HOLD_MS = 100;
const CLIENTS = ["Ana", "Mario", "Eva", "Luis", "Noa"];
const LINES_AT_A_TIME = 5_000;
const RUN = "9f4cbf3d-a471-4817-82ee-a9d10b73cc45/1";

/** Writes a record of one run with so many observations. */
export function writeLongRecord(path: string, requests: number): void {
  const file = openSync(path, "w");
  let lines = [JSON.stringify(runLine(requests))];
  const flush = () => {
    writeSync(file, `${lines.join("\n")}\n`);
    lines = [];
  };
  for (let index = 0; index < requests; index++) {
    lines.push(JSON.stringify(observation(index)));
    if (lines.length >= LINES_AT_A_TIME) flush();
  }
  flush();
  closeSync(file);
}

function runLine(requests: number): RunLine {
  const concurrency = Math.min(ENVIRONMENTS, requests);
  const stages = [{ concurrency, requests, pauseMs: 0 }];
  return {
    type: "run",
    schema: SCHEMA_VERSION,
    experiment: RUN.slice(0, -2),
    run: RUN,
    index: 0,
    role: "experiment",
    plan: { name: "custom", clients: CLIENTS, holdMs: HOLD_MS, steps: 5, stages },
    target: { kind: "url", url: "http://127.0.0.1/" },
    startedAt: "2026-01-01T00:00:00.000Z",
    versions: {},
  };
}

/** Rounds of all environments; each one's clock began at a time of its own. */
function observation(index: number): Observation {
  const place = index % ENVIRONMENTS;
  const round = Math.floor(index / ENVIRONMENTS);
  const client = CLIENTS[index % CLIENTS.length] ?? "";
  const sentAt = round * (HOLD_MS + 10) + place / 1_000;
  const enteredAt = 1_000_000 + 7_919 * place + sentAt + 3.25;
  const leftAt = enteredAt + HOLD_MS + 0.5;
  const counter = round + 1;
  const onEntry = { counter, client };
  const requestId = `${index.toString(16).padStart(8, "0")}-7cf9-470f-8e19-937db54024c5`;
  return {
    type: "observation",
    run: RUN,
    index,
    client,
    outcome: "ok",
    status: 200,
    requestId,
    sentAt,
    answeredAt: sentAt + HOLD_MS + 6,
    response: {
      client,
      globalData: { ...onEntry, clients: [client] },
      message: "ok",
      environment: {
        id: `2026/01/01/[$LATEST]${place.toString(16).padStart(32, "0")}`,
        instance: place.toString(16).padStart(26, "0"),
        pid: 5_000 + place,
        threadId: 0,
        initializedAt: 1_795_517_735_194,
        initializationType: "on-demand",
        coldStart: round === 0,
        runtime: "AWS_Lambda_nodejs24.x",
        nodeVersion: "v24.21.0",
        memoryMb: 128,
        region: "local",
        architecture: "x64",
      },
      invocation: {
        requestId,
        enteredAt,
        leftAt,
        enteredEpochMs: 1_795_517_735_207,
        leftEpochMs: 1_795_517_735_307,
        inFlightOnEntry: 1,
        inFlightPeak: 1,
        onEntry,
      },
    },
  };
}
