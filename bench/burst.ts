/** How closely together a burst arrives: ours, against bare sockets as the floor and plain ky. */

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import ky from "ky";
import { fire } from "../experiment/core/fire.ts";
import { median, printRatio } from "./figures.ts";

const SIZES = [100, 1_000];
const ROUNDS = 5;
const SETTLE_MS = 200;
const BODY = '{"client":"x"}';

type Contender = (url: URL, count: number) => Promise<void>;

const contenders: Record<string, Contender> = { ours, "bare sockets": bareSockets, ky: plainKy };

/** Prints, for each size, the median skew at the server and the ratios of ours to the others. */
export async function benchBursts(): Promise<void> {
  const server = fork(fileURLToPath(new URL("arrivals-server.ts", import.meta.url)));
  const [{ port }] = await once(server, "message");
  const url = new URL(`http://127.0.0.1:${port}/`);
  for (const size of SIZES) {
    const skews = new Map(Object.keys(contenders).map((name): [string, number[]] => [name, []]));
    // Interleaved, so that a slow moment of the machine meets everyone.
    for (let round = 0; round < ROUNDS; round++) {
      for (const [name, contender] of Object.entries(contenders)) {
        skews.get(name)?.push(await measure(server, url, size, contender));
      }
    }
    const ours = median(skews.get("ours") ?? []);
    for (const name of ["bare sockets", "ky"]) {
      const theirs = median(skews.get(name) ?? []);
      printRatio(`arrivals of a burst of ${size}, spread`, ours, name, theirs, "ms");
    }
  }
  server.disconnect();
  await once(server, "exit");
}

async function measure(
  server: ChildProcess,
  url: URL,
  count: number,
  contender: Contender,
): Promise<number> {
  const expecting = once(server, "message");
  server.send(count);
  await expecting;
  const reported = once(server, "message");
  await contender(url, count);
  const [{ skewMs }] = await reported;
  return skewMs;
}

async function ours(url: URL, count: number): Promise<void> {
  await fire({
    url,
    plan: { name: "bench", clients: ["x"], holdMs: 1_000, steps: 5, stages: [] },
    stage: { concurrency: count, requests: count, pauseMs: 0 },
    run: "bench",
    timeoutMs: 60_000,
    signal: new AbortController().signal,
    onShot: () => {},
    onObservation: () => {},
  });
}

async function bareSockets(url: URL, count: number): Promise<void> {
  const head = `POST / HTTP/1.1\r\nhost: ${url.host}\r\ncontent-length: ${BODY.length}\r\n\r\n`;
  const bytes = Buffer.from(head + BODY);
  const sockets: Socket[] = [];
  while (sockets.length < count) {
    const socket = connect(Number(url.port), url.hostname);
    sockets.push(socket);
    if (sockets.length % 100 === 0 || sockets.length === count) await once(socket, "connect");
  }
  await wait(SETTLE_MS);
  const answers = sockets.map((socket) => once(socket, "data"));
  for (const socket of sockets) socket.write(bytes);
  await Promise.all(answers);
  for (const socket of sockets) socket.destroy();
}

async function plainKy(url: URL, count: number): Promise<void> {
  const requests = Array.from({ length: count }, () =>
    ky.post(url, { body: BODY, retry: 0, timeout: false }).text(),
  );
  await Promise.all(requests);
}
