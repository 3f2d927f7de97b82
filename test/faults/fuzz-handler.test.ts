import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Answer, DEFAULT_HOLD_MS, type Refusal } from "../../handler/contract.ts";
import { FUZZ, mutated } from "./inputs.ts";

/** The deployment's limit: what is served is served at once. */
const MAX_HOLD_MS = 1;

beforeEach(() => {
  vi.resetModules();
  vi.stubEnv("MAX_HOLD_MS", String(MAX_HOLD_MS));
  vi.spyOn(process.stdout, "write").mockReturnValue(true);
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

/** Whether an event is a request by the contract; written apart from the handler's own parser. */
function isRequest(event: unknown): boolean {
  const { body, isBase64Encoded } = (event ?? {}) as Record<string, unknown>;
  if (typeof body !== "string") return false;
  const text = isBase64Encoded === true ? Buffer.from(body, "base64").toString() : body;
  let value: Record<string, unknown>;
  try {
    value = JSON.parse(text);
  } catch {
    return false;
  }
  if (Object.prototype.toString.call(value) !== "[object Object]") return false;
  const { client, holdMs = DEFAULT_HOLD_MS, steps = 1 } = value;
  const isName = typeof client === "string" && /\S/.test(client) && [...client].length <= 100;
  const isHold = typeof holdMs === "number" && holdMs >= 0 && holdMs <= MAX_HOLD_MS;
  return isName && isHold && Number.isInteger(steps) && Number(steps) >= 1 && Number(steps) <= 100;
}

const request = { client: "Ana", holdMs: 0, steps: 2 };
const bodies = fc.oneof(
  mutated(request).map((value) => JSON.stringify(value)),
  fc.string({ unit: "binary" }),
  fc.json(),
);
const events = fc.oneof(
  bodies.map((body) => ({ body })),
  bodies.map((body) => ({ body: Buffer.from(body).toString("base64"), isBase64Encoded: true })),
  mutated({ version: "2.0", body: JSON.stringify(request), isBase64Encoded: false }),
  fc.jsonValue(),
);

test("whatever event comes, the handler serves it or refuses it by the field and touches no global", async () => {
  const { handler } = await import("../../handler/index.ts");
  const ask = (event: unknown) =>
    handler(event as Parameters<typeof handler>[0], { awsRequestId: "r" });
  let served = 0;
  await fc.assert(
    fc.asyncProperty(events, async (event) => {
      const { statusCode, body } = await ask(event);
      expect(statusCode).toBe(isRequest(event) ? 200 : 400);
      if (statusCode === 400) {
        expect((JSON.parse(body) as Refusal).message).toMatch(/^(body|client|holdMs|steps): /);
        return;
      }
      served += 1;
      expect((JSON.parse(body) as Answer).globalData.counter).toBe(served);
    }),
    FUZZ,
  );
  expect(served).toBeGreaterThan(0);
  const { body } = await ask({ body: JSON.stringify(request) });
  expect((JSON.parse(body) as Answer).globalData.counter).toBe(served + 1);
});
