import { afterEach, expect, test, vi } from "vitest";
import { startServer } from "../test/http-server.ts";
import { temporaryFolder } from "../test/processes.ts";
import { burst, recordLines, writeRecord } from "../test/report/records.ts";
import { crossCheck } from "./cross-check.ts";

afterEach(() => vi.unstubAllEnvs());

function recordOf(target: { stack: string; logGroupName?: string }): string {
  const lines = recordLines({ runs: [burst(5, (index) => index)], target });
  return writeRecord(temporaryFolder(), "record.ndjson", lines);
}

test("what keeps a stack's log from being read is said with commands that name the stack", async () => {
  const { url } = await startServer((_, response) => {
    response.statusCode = 400;
    response.setHeader("x-amzn-errortype", "AccessDeniedException");
    response.end("{}");
  });
  vi.stubEnv("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", url.href);
  vi.stubEnv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "secret");
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
