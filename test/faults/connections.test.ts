/** Connections that cannot be opened, or do not last: nothing is fired, and the remedy is said. */

import { createServer as createHttpServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { Server } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { expect, onTestFinished, test } from "vitest";
import { fewFiles } from "../another-machine.ts";
import { type Certificate, certificateFor } from "../certificates.ts";
import { answerPlainly, CLOSED, listen, startServer } from "../http-server.ts";
import { temporaryFile } from "../processes.ts";
import { fire, SHORT } from "../programs.ts";

const urlOf = async (server: Server) => `http://127.0.0.1:${await listen(server)}/`;

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

test("what keeps a connection from being opened is said with its remedy, and nothing is recorded", async () => {
  const trusted = certificateFor("localhost");
  const expired = certificateFor("localhost", -1);
  const elsewhere = certificateFor("elsewhere.example");
  const known = trusted.cert + expired.cert + elsewhere.cert;
  const env = { NODE_EXTRA_CA_CERTS: temporaryFile("trusted.pem", known) };
  const plain = await startServer(answerPlainly);
  const received: unknown[] = [];

  const faults: [string, RegExp, RegExp][] = [
    [await secure(certificateFor("localhost"), received), /self-signed/, /NODE_EXTRA_CA_CERTS/],
    [await secure(elsewhere, received), /localhost.*elsewhere\.example/, /^Use a name that is on/],
    [await secure(expired, received), /certificate has expired/, /^Renew the target's certificate/],
    [
      `https://127.0.0.1:${plain.url.port}/`,
      /TLS failed: (wrong version number|packet length too long)\.$/,
      /^Try http:\/\/ instead of https:\/\/\.$/,
    ],
    [
      "http://nowhere.invalid/",
      /ENOTFOUND|EAI_AGAIN/,
      /^Check the name and that this machine is online/,
    ],
    [CLOSED.href, /ECONNREFUSED/, /^Check the address and that the/],
  ];
  await Promise.all(
    faults.map(async ([url, message, step]) => {
      const { code, stderr, record } = await fire([...SHORT, "--target", url], env);
      const [error = "", nextStep = "", ...rest] = stderr.split("\n");
      expect(error).toContain(`error: Could not open connection 1 of 5 to ${new URL(url).host}: `);
      expect(error).toMatch(message);
      expect(nextStep).toMatch(step);
      expect({ code, record, rest }).toEqual({ code: 1, record: [], rest: [""] });
    }),
  );
  expect(received).toEqual([]);
  expect(plain.requests).toEqual([]);

  const seen = await fire([...SHORT, "--target", await secure(trusted, received)], env);
  expect(seen.observations.map(({ status }) => status)).toEqual(Array(5).fill(200));
});

test("where not all connections can be opened, those that are open are closed, and their number is said", async () => {
  const certificate = certificateFor("localhost");
  let sockets = 0;
  // Over TLS a connection is open once the server has taken it; before that the system may reset it.
  const server = createTlsServer(certificate, (socket) => socket.on("error", () => {}));
  server.on("connection", () => {
    sockets += 1;
    if (sockets === 256) server.close();
  });
  const target = `https://localhost:${await listen(server)}/`;
  const { code, stderr, record } = await fire(
    [...SHORT, "--target", target, "--concurrency", "300"],
    { NODE_EXTRA_CA_CERTS: temporaryFile("trusted.pem", certificate.cert) },
  );
  expect(stderr).toMatch(/^error: Could not open connection 257 of 300 to .*REFUSED.*\n/);
  expect(stderr).toMatch(/\nLower the concurrency: 256 connections could be opened\.\n$/);
  expect({ code, record }).toEqual({ code: 1, record: [] });
});

test("when the target is gone before the next run, the record of those before it is named", async () => {
  let served = 0;
  const server = createHttpServer((request, response) => {
    request.resume();
    response.end("{}");
    served += 1;
    if (served === 5) server.close();
  });
  const args = ["--target", await urlOf(server), "--hold", "100ms", "--pause", "200ms"];
  const { code, stdout, stderr, observations } = await fire(args);
  expect(stderr).toMatch(/^error: Could not open connection 1 of 5 to .*ECONNREFUSED.*\n.*\n$/);
  expect(stdout).toMatch(/\nRecord: .*\.ndjson\n$/);
  expect(observations).toHaveLength(5);
  expect(code).toBe(1);
});

test("fewer open files than a plan needs are said before the shot, with the concurrency that works", async () => {
  const server = await startServer(answerPlainly);
  for (const target of [server.url.href, "local"]) {
    const at = (concurrency: string) =>
      fire(["--target", target, "--concurrency", concurrency, ...SHORT], {}, fewFiles(256));
    const refused = await at("1000");
    expect(refused).toMatchObject({ code: 1, record: [] });
    expect(server.requests).toEqual([]);
    const lower = /the limit is 256: lower the concurrency to (\d+), /;
    const [, most = ""] = lower.exec(refused.stderr) ?? [];
    const fired = await at(most);
    expect(fired.stderr).toBe("");
    expect(fired.verdict).toMatchObject({ outcomes: { ok: Number(most) } });
    server.requests.length = 0;
  }
});

test("a part of a burst needs open files for its own requests alone", async () => {
  const { url } = await startServer(answerPlainly);
  const startAt = new Date(Date.now() + 1_000).toISOString();
  const part = ["--part", "8/8", "--start-at", startAt, "--experiment", "ours"];
  const args = ["--target", url.href, "--concurrency", "1000", "--hold", "60s", "--runs", "1"];
  const { code, verdict } = await fire([...args, ...part], {}, fewFiles(256));
  expect(code).toBe(3);
  expect(verdict).toMatchObject({ outcomes: { ok: 1_000 / 8 } });
});
