/** HTTP byte by byte: requests that no client would send. */

import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import { collect } from "../processes.ts";

interface Address {
  port: number | string;
}

/** A connection that ends with the test, and what came over it so far. */
export async function openConnection({ port }: Address) {
  const socket = connect(Number(port), "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  return { socket, received: collect(socket, "latin1"), closed: closing(socket) };
}

/** Sends bytes over a connection of their own; resolves to all that came until the other side closed it. */
export async function exchange(address: Address, bytes: string | Uint8Array): Promise<string> {
  const { socket, received, closed } = await openConnection(address);
  socket.write(bytes);
  await closed;
  return received();
}

/** A request for `exchange`: the other side closes the connection when it has answered. */
export function requestText(
  target: string,
  headers: Record<string, string> = {},
  body = JSON.stringify({ client: "Ana", holdMs: 0 }),
): string {
  const lines = Object.entries({ host: "localhost", connection: "close", ...headers }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  const length = `content-length: ${Buffer.byteLength(body)}\r\n`;
  return `POST ${target} HTTP/1.1\r\n${lines.join("")}${length}\r\n${body}`;
}

/** A connection that is reset has come to its end as well. */
function closing(socket: Socket): Promise<void> {
  socket.on("error", () => {});
  return new Promise((resolve) => socket.once("close", () => resolve()));
}
