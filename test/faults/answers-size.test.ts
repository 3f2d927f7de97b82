import type { ServerResponse } from "node:http";
import { expect, test } from "vitest";
import { inputs } from "../effort.ts";
import { fireOnce } from "./answers-experiment.ts";
import { type Fault, startFaultyServer } from "./answers-server.ts";

const MB = 1_000_000;

const tooLarge = (serve: Fault["serve"], status = 200): Fault => ({
  serve,
  outcome: status === 200 ? "unreadable" : "failed",
  status,
});

const faults = {
  Huge: tooLarge((response) => response.end(Buffer.alloc(100 * MB, " "))),
  Endless: tooLarge(pour),
  Page: tooLarge((response) => response.writeHead(502).end(Buffer.alloc(100 * MB, "x")), 502),
};

/** As much as the other side takes. */
function pour(response: ServerResponse): void {
  const chunk = Buffer.alloc(MB, "[");
  const more = () => {
    while (!response.destroyed && response.write(chunk));
  };
  response.on("drain", more);
  more();
}

/** Prints the most memory that a program had, in kilobytes, when it ends. */
const PRINT_PEAK =
  "data:text/javascript,process.on('exit',()=>console.error('peak',process.resourceUsage().maxRSS))";

test("a body larger than any answer is left, its connection given up, and memory stays bounded", async () => {
  const requests = inputs(24, 1_000);
  const server = await startFaultyServer(faults);
  const args = ["--clients", Object.keys(faults).join(), "--requests", `${requests}`];
  const seen = await fireOnce(["--target", server.url.href, "--concurrency", "4", ...args], {
    NODE_OPTIONS: `--import=${PRINT_PEAK}`,
  });
  expect(seen.observations).toHaveLength(requests);
  const tooLarge = "the body is larger than 1 MiB, which no answer is, and was not read to its end";
  for (const { client, outcome, status, message } of seen.observations) {
    const expected = faults[client as keyof typeof faults];
    expect({ outcome, status }).toEqual({ outcome: expected.outcome, status: expected.status });
    expect(message).toBe(status === 200 ? tooLarge : `${status} ${tooLarge}`);
    expect(seen.stdout).toMatch(new RegExp(`^  ${client} +${outcome} +${message}$`, "m"));
  }
  // Every request had a connection of its own, since the one before it was given up.
  expect(server.requests).toHaveLength(requests);
  expect(server.connections()).toBe(requests);
  const [, peakKb] = /^peak (\d+)$/m.exec(seen.stderr) ?? [];
  // Each bomb alone is 2 GB.
  expect(Number(peakKb)).toBeLessThan(300_000);
});

test("of a large answer no more is kept than its row shows", async () => {
  const requests = inputs(60, 1_500);
  const busy: Fault = {
    serve: (response) => response.writeHead(429).end("x".repeat(MB)),
    outcome: "throttled",
  };
  const server = await startFaultyServer({ Ana: busy });
  const args = ["--clients", "Ana", "--concurrency", "4", "--requests", `${requests}`];
  const seen = await fireOnce(["--target", server.url.href, ...args], {
    NODE_OPTIONS: "--max-old-space-size=64",
  });
  expect(seen.code).toBe(3);
  expect(seen.observations).toHaveLength(requests);
  for (const { message } of seen.observations) expect(message).toBe("x".repeat(300));
  expect(seen.stdout).toMatch(/^ {2}Ana +throttled +x{300}$/m);
});
