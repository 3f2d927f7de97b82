/**
 * What else could fire a burst, each in a process of its own: `node other-clients.ts NAME URL COUNT
 * BODY` sends its parent how many milliseconds passed from the first request to the last answer.
 */

import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import ky from "ky";
import { Pool } from "undici";

/** Longer than any server takes to accept what was opened. */
const SETTLE_MS = 200;
/** More connections at a time than this overflow a listening queue. */
const BATCH = 256;

const CLIENTS: Readonly<Record<string, (url: URL, count: number) => Promise<number>>> = {
  "bare sockets": fireBareSockets,
  "undici Pool": fireUndiciPool,
  ky: fireKy,
};

const [, , name = "", url = "", count, body = ""] = process.argv;
const firingMs = await CLIENTS[name]?.(new URL(url), Number(count));
process.send?.({ firingMs });
process.disconnect?.();

/** The floor: sockets opened beforehand, and the bytes of a request written to one after the other. */
async function fireBareSockets(url: URL, count: number): Promise<number> {
  const head = `POST / HTTP/1.1\r\nhost: ${url.host}\r\ncontent-length: ${body.length}\r\n\r\n`;
  const bytes = Buffer.from(head + body);
  const sockets: Socket[] = [];
  while (sockets.length < count) {
    const batch = Array.from({ length: Math.min(BATCH, count - sockets.length) }, () => open(url));
    sockets.push(...(await Promise.all(batch)));
  }
  await wait(SETTLE_MS);
  const answers = sockets.map((socket) => once(socket, "data"));
  const startedAt = performance.now();
  for (const socket of sockets) socket.write(bytes);
  await Promise.all(answers);
  const firingMs = performance.now() - startedAt;
  for (const socket of sockets) socket.destroy();
  return firingMs;
}

async function open({ protocol, hostname, port }: URL): Promise<Socket> {
  const address = { host: hostname, port: Number(port) };
  const isTls = protocol === "https:";
  const socket = isTls ? connectTls(address) : connect(address);
  await once(socket, isTls ? "secureConnect" : "connect");
  return socket;
}

/** What a careful program would do: an undici Pool whose connections were opened by a first round. */
async function fireUndiciPool(url: URL, count: number): Promise<number> {
  const pool = new Pool(url.origin, { connections: count, pipelining: 1 });
  const post = async () => {
    const answer = await pool.request({ path: "/", method: "POST", body });
    await answer.body.text();
  };
  const postAll = () => Promise.all(Array.from({ length: count }, post));
  await postAll();
  const startedAt = performance.now();
  await postAll();
  const firingMs = performance.now() - startedAt;
  await pool.close();
  return firingMs;
}

/** What most programs would do: as many calls of ky at once. */
async function fireKy(url: URL, count: number): Promise<number> {
  const post = () => ky.post(url, { body, retry: 0, timeout: false }).text();
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: count }, post));
  return performance.now() - startedAt;
}
