import { writeFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, createServer, type Server } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { type Certificate, certificateFor } from "../certificates.ts";
import { answerPlainly, startServer } from "../http-server.ts";
import { temporaryFolder } from "../processes.ts";
import { fireOnce } from "./answers-experiment.ts";

/** Listens on this machine until the test is over; gives the port. */
async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

/** A server with that certificate; gives its URL, and notes what reaches it as a request. */
async function secure(certificate: Certificate, received: unknown[]): Promise<string> {
  const server = createHttpsServer(certificate, (request, response) => {
    received.push(request.url);
    request.resume();
    response.end("{}");
  });
  onTestFinished(() => server.closeAllConnections());
  return `https://localhost:${await listen(server)}/`;
}

/** A port on which somebody listened a moment ago. */
async function closedPort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

test("what keeps a connection from being opened is said with its remedy, and nothing is recorded", async () => {
  const trusted = certificateFor("localhost");
  const expired = certificateFor("localhost", -1);
  const elsewhere = certificateFor("elsewhere.example");
  const authorities = join(temporaryFolder(), "trusted.pem");
  writeFileSync(authorities, trusted.cert + expired.cert + elsewhere.cert);
  const env = { NODE_EXTRA_CA_CERTS: authorities };
  const plain = await startServer(answerPlainly);
  const received: unknown[] = [];

  const faults: [string, RegExp, RegExp][] = [
    [
      await secure(certificateFor("localhost"), received),
      /self-signed certificate/,
      /^If you trust it, name the file of its certificate in NODE_EXTRA_CA_CERTS/,
    ],
    [
      await secure(elsewhere, received),
      /localhost.*elsewhere\.example/,
      /^Use a name that is on the/,
    ],
    [
      await secure(expired, received),
      /certificate has expired/,
      /^Renew the target's certificate, or set/,
    ],
    [
      `https://127.0.0.1:${plain.url.port}/`,
      /TLS failed: (wrong version number|packet length too long)\.$/,
      /^Try http:\/\/ instead of https:\/\/\.$/,
    ],
    ["http://nowhere.invalid/", /ENOTFOUND|EAI_AGAIN/, /^Check the name, that the stack is still/],
    [`http://127.0.0.1:${await closedPort()}/`, /ECONNREFUSED/, /^Check the address and that the/],
  ];
  await Promise.all(
    faults.map(async ([url, message, step]) => {
      const { code, stderr, record } = await fireOnce(["--target", url], env);
      const [error = "", nextStep = "", ...rest] = stderr.split("\n");
      expect(error).toContain(`error: Could not open connection 1 of 5 to ${new URL(url).host}: `);
      expect(error).toMatch(message);
      expect(nextStep).toMatch(step);
      expect(rest).toEqual([""]);
      expect(code).toBe(1);
      expect(record).toEqual([]);
    }),
  );
  expect(received).toEqual([]);
  expect(plain.requests).toEqual([]);

  const { observations } = await fireOnce(["--target", await secure(trusted, received)], env);
  expect(observations.map(({ status }) => status)).toEqual(Array(5).fill(200));
});

test("a target that closes idle connections before the shot gets no request, and it is said", async () => {
  const received: string[] = [];
  const server = createServer((socket) => {
    socket.on("error", () => {}).on("data", (bytes) => received.push(`${bytes}`));
    setTimeout(() => socket.end(), 50);
  });
  const { code, stderr, record } = await fireOnce([
    "--target",
    `http://127.0.0.1:${await listen(server)}/`,
  ]);
  expect(stderr).toMatch(
    /^error: A connection did not last until the shot: the target closed .*\nLower the concurrency, and check that the target is up and leaves idle connections open\.\n$/,
  );
  expect(code).toBe(1);
  expect(record).toEqual([]);
  expect(received).toEqual([]);
});

test("who cannot open all connections closes those that are open, and ends", async () => {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    sockets += 1;
    if (sockets === 256) server.close();
  });
  let sockets = 0;
  const url = `http://127.0.0.1:${await listen(server)}/`;
  const { code, stderr, record } = await fireOnce(["--target", url, "--concurrency", "300"]);
  expect(stderr).toMatch(
    /^error: Could not open connection 257 of 300 to .*(ECONNREFUSED|ECONNRESET).*\nLower the concurrency: 256 connections could be opened\.\n$/,
  );
  expect(code).toBe(1);
  expect(record).toEqual([]);
});

test("when the target is gone before the next run, the record of those before it is named", async () => {
  const server = createHttpServer((request, response) => {
    request.resume();
    response.end("{}");
    served += 1;
    if (served === 5) server.close();
  });
  let served = 0;
  const url = `http://127.0.0.1:${await listen(server)}/`;
  const args = ["--target", url, "--runs", "2", "--pause", "200ms"];
  const { code, stdout, stderr, observations } = await fireOnce(args);
  expect(stderr).toMatch(/^error: Could not open connection 1 of 5 to .*ECONNREFUSED.*\n.*\n$/);
  expect(stdout).toMatch(/\nRecord: .*record\.ndjson\n$/);
  expect(observations).toHaveLength(5);
  expect(code).toBe(1);
});
