import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import fc from "fast-check";
import { expect, onTestFinished, test, vi } from "vitest";
import { inputs } from "../../test/effort.ts";
import { waitUntil } from "../../test/wait-until.ts";
import { ApiConnection } from "./api-connection.ts";

/** Starts a service that hands its connection to the test. */
async function startService(): Promise<{ address: string; connected: Promise<Socket> }> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const connected = once(server, "connection").then(([socket]: Socket[]) => socket as Socket);
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, connected };
}

test("answers are read in their order, wherever they are cut", async () => {
  const { address, connected } = await startService();
  const connection = new ApiConnection(address);
  const first = connection.send("GET", "/");
  const socket = await connected;
  socket.setNoDelay(true).resume();
  socket.write("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
  expect(await first).toEqual({ bodyJson: "", headers: { "content-length": "0" } });
  const body = fc.string({ unit: "grapheme", maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(body, { minLength: 1, maxLength: 4 }),
      fc.array(fc.nat(60), { maxLength: 20 }),
      async (bodies, cuts) => {
        const answers = bodies.map((_, at) => connection.send("POST", `/${at}`, "x"));
        let bytes = Buffer.concat(
          bodies.map((text, at) =>
            Buffer.from(
              `HTTP/1.1 200 OK\r\nX-Number: ${at}\r\n` +
                `Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
            ),
          ),
        );
        for (const cut of cuts) {
          socket.write(bytes.subarray(0, cut));
          bytes = bytes.subarray(cut);
          await new Promise(setImmediate);
        }
        socket.write(bytes);
        const read = await Promise.all(answers);
        expect(read.map(({ bodyJson }) => bodyJson)).toEqual(bodies);
        expect(read.map(({ headers }) => Number(headers["x-number"]))).toEqual(
          bodies.map((_, at) => at),
        );
      },
    ),
    { numRuns: inputs(50, 2_000) },
  );
  // The process would end with its service.
  const ended = vi.spyOn(process, "exit").mockReturnValue(undefined as never);
  socket.destroy();
  await waitUntil("the end of the process", () => ended.mock.calls.length > 0);
  expect(ended).toHaveBeenCalledWith(1);
});
