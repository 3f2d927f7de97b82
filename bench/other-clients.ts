/**
 * What else could fire a burst, each in a process of its own: `node other-clients.ts NAME URL COUNT
 * BODY` fires one with `ky`, as most programs would, or with `bare sockets`, the floor.
 */

import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import ky from "ky";

/** Longer than any server takes to accept what was opened. */
const SETTLE_MS = 200;
/** More connections at a time than this overflow a listening queue. */
const BATCH = 256;

const [, , name = "", href = "", size, body = ""] = process.argv;
const [url, count] = [new URL(href), Number(size)];
if (name === "ky") {
  const post = () => ky.post(url, { body, retry: 0, timeout: false }).text();
  await Promise.all(Array.from({ length: count }, post));
} else {
  await fireBareSockets();
}

/** Opens sockets beforehand, and writes the bytes of a request to one after the other. */
async function fireBareSockets(): Promise<void> {
  const head = `POST / HTTP/1.1\r\nhost: ${url.host}\r\ncontent-length: ${body.length}\r\n\r\n`;
  const bytes = Buffer.from(head + body);
  const sockets: Socket[] = [];
  while (sockets.length < count) {
    const batch = Array.from({ length: Math.min(BATCH, count - sockets.length) }, open);
    sockets.push(...(await Promise.all(batch)));
  }
  await wait(SETTLE_MS);
  const answers = sockets.map((socket) => once(socket, "data"));
  for (const socket of sockets) socket.write(bytes);
  await Promise.all(answers);
  for (const socket of sockets) socket.destroy();
}

async function open(): Promise<Socket> {
  const address = { host: url.hostname, port: Number(url.port) };
  const isTls = url.protocol === "https:";
  const socket = isTls ? connectTls(address) : connect(address);
  await once(socket, isTls ? "secureConnect" : "connect");
  return socket;
}
