/** The floor: sockets opened beforehand, and the bytes of a request written to one after the other. */

import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import { BODY, fireAlone } from "./alone.ts";

/** As long as ours settles between arming and the shot. */
const SETTLE_MS = 200;
/** More connections at a time than this overflow a listening queue. */
const BATCH = 256;

await fireAlone(async (url, count) => {
  const head = `POST / HTTP/1.1\r\nhost: ${url.host}\r\ncontent-length: ${BODY.length}\r\n\r\n`;
  const bytes = Buffer.from(head + BODY);
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
});

async function open({ protocol, hostname, port }: URL): Promise<Socket> {
  const address = { host: hostname, port: Number(port) };
  const isTls = protocol === "https:";
  const socket = isTls ? connectTls(address) : connect(address);
  await once(socket, isTls ? "secureConnect" : "connect");
  return socket;
}
