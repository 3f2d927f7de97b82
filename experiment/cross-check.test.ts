import { afterEach, expect, test, vi } from "vitest";
import { answerRequest } from "../handler/answer.ts";
import { filterPattern } from "../test/deployment/aws/logs.ts";
import { startServer } from "../test/http-server.ts";
import { temporaryFolder } from "../test/processes.ts";
import { burst, partLines, recordLines, writeRecord } from "../test/report/records.ts";
import type { RecordLine } from "./core/record-lines.ts";
import type { TargetDescription } from "./core/target.ts";
import { crossCheck } from "./cross-check.ts";
import { crossCheckWords } from "./reports/words.ts";

afterEach(() => vi.unstubAllEnvs());

function recordOf(target: Partial<TargetDescription>, logStream?: string): string {
  const lines = recordLines({ runs: [burst(5, (index) => index)], target }).map((line) =>
    line.type === "observation" ? { ...line, logStream } : line,
  );
  return writeRecord(temporaryFolder(), "record.ndjson", lines);
}

/** Lets CloudWatch Logs be asked at this address. */
function logsAt(url: URL): void {
  vi.stubEnv("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", url.href);
  vi.stubEnv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "secret");
}

/** What the deployed handler logs of as many requests. */
async function handlerLog(requests: number): Promise<string[]> {
  const write = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  for (let index = 0; index < requests; index++) {
    await answerRequest('{"client":"Ana","holdMs":0,"steps":5}', `request ${index}`);
  }
  const lines = write.mock.calls.map(([line]) => String(line));
  write.mockRestore();
  return lines;
}

test("a web function's answers are looked for in the stream that their heads named", async () => {
  const log = await handlerLog(5);
  const { url } = await startServer(({ body }, response) => {
    const matches = filterPattern(JSON.parse(body).filterPattern);
    const events = log.filter(matches).map((message) => ({
      logStreamName: "a",
      timestamp: Date.parse("2026-11-23T21:47:01.000Z"),
      message,
    }));
    response.end(JSON.stringify({ events }));
  });
  logsAt(url);
  const { signal } = new AbortController();
  const target = { model: "web-function", logGroupName: "/aws/lambda/f" };
  const line = await crossCheck(recordOf(target, "a"), signal);
  const found = { requests: 5, streams: 1, notCompared: "cold starts" };
  expect(line).toMatchObject({ ...found, agreement: true, differences: [] });
  expect(crossCheckWords(line)).toMatch(/5 requests in 1 log stream: .* not compared/);
  const elsewhere = await crossCheck(recordOf(target, "b"), signal);
  expect(elsewhere).toMatchObject({ agreement: false });
  const unnamed = await crossCheck(recordOf(target), signal);
  expect(unnamed.differences).toEqual([expect.stringMatching(/^5 requests have no header/)]);
});

const SHOT_AT = Date.parse("2026-11-23T21:47:00.000Z");
const [AHEAD_MS, TOOK_MS] = [3_600_000, 5_000];

/** Two runners, the second of which has a clock that is ahead. */
function ofTwoRunners(line: RecordLine, haveStarts: boolean): RecordLine[] {
  if (line.type === "run") {
    const first = { ...line, schema: 2 as const, runners: ["one", "two"] };
    const startedAt = new Date(SHOT_AT + AHEAD_MS).toISOString();
    const both = [
      { ...first, runner: "one" },
      { ...first, runner: "two", startedAt },
    ];
    return haveStarts ? both : [first];
  }
  if (line.type !== "observation") return [line];
  const [runner, ahead] = line.index < 2 ? ["one", 0] : ["two", haveStarts ? 0 : AHEAD_MS];
  const changed = structuredClone({ ...line, runner, sentAt: 0, answeredAt: TOOK_MS });
  // Nobody named the log stream, so that nothing is waited for.
  delete changed.response?.environment;
  const leftEpochMs = SHOT_AT - ahead + TOOK_MS;
  Object.assign(changed.response?.invocation ?? {}, { leftEpochMs });
  return [changed];
}

test.each([
  ["the start of the first", false, SHOT_AT - AHEAD_MS],
  ["the start of each", true, SHOT_AT],
])("of clocks that differ, by %s, the log is asked for the time of all", async (_, own, first) => {
  const { url } = await startServer((_, response) => response.end(JSON.stringify({ events: [] })));
  logsAt(url);
  const target = { model: "web-function", logGroupName: "/aws/lambda/f" };
  const lines = recordLines({ runs: [burst(4, (index) => index)], target });
  const both = lines.flatMap((line) => ofTwoRunners(line, own));
  const path = writeRecord(temporaryFolder(), "record.ndjson", both);
  const { from, to } = await crossCheck(path, new AbortController().signal);
  expect(Date.parse(from)).toBe(first - 1_000);
  expect(Date.parse(to)).toBe(SHOT_AT + TOOK_MS + 1_000);
});

test("the log is not asked of a part alone: it has the cold starts of others too", async () => {
  const target = { logGroupName: "/aws/lambda/f" };
  const lines = recordLines({ runs: [burst(4, (index) => index)], target });
  const part = [...(partLines(lines, 2)[0] ?? []), ...lines.slice(-1)];
  const path = writeRecord(temporaryFolder(), "record.ndjson", part);
  await expect(crossCheck(path, new AbortController().signal)).rejects.toMatchObject({
    kind: "record of a part",
  });
});

test("what keeps a stack's log from being read is said with commands that name the stack", async () => {
  const { url } = await startServer((_, response) => {
    response.statusCode = 400;
    response.setHeader("x-amzn-errortype", "AccessDeniedException");
    response.end("{}");
  });
  logsAt(url);
  const { signal } = new AbortController();
  const denied = recordOf({ stack: "staging", logGroupName: "/aws/lambda/f" });
  await expect(crossCheck(denied, signal)).rejects.toMatchObject({
    kind: "log forbidden",
    facts: { logGroupName: "/aws/lambda/f", stack: "staging" },
  });
  await expect(crossCheck(recordOf({ stack: "staging" }), signal)).rejects.toMatchObject({
    kind: "record without a log",
    facts: { isOfStack: true, stack: "staging" },
  });
});
