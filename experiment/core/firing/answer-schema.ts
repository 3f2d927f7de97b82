/**
 * Reads the handler's answers. Not deployed: it is how the experiment parses, at its border, what
 * comes back from a target that may be anything.
 */
import * as z from "zod";
import type {
  Answer,
  EnvironmentReport,
  GlobalData,
  InvocationReport,
} from "../../../handler/contract.ts";

const count = z.int().nonnegative();

const globalDataSchema: z.ZodType<GlobalData> = z.object({
  counter: count,
  client: z.string(),
  clients: z.array(z.string()),
  dropped: count.optional(),
});

const environmentSchema: z.ZodType<EnvironmentReport> = z.object({
  id: z.string().min(1),
  instance: z.string().min(1),
  pid: count,
  threadId: count,
  initializedAt: z.number(),
  initializationType: z.string().optional(),
  coldStart: z.boolean(),
  runtime: z.string().optional(),
  nodeVersion: z.string(),
  memoryMb: z.number().optional(),
  region: z.string().optional(),
  architecture: z.string(),
});

const invocationSchema: z.ZodType<InvocationReport> = z.object({
  requestId: z.string(),
  enteredAt: z.number(),
  leftAt: z.number(),
  enteredEpochMs: z.number(),
  leftEpochMs: z.number(),
  inFlightOnEntry: z.int().positive(),
  inFlightPeak: z.int().positive(),
  onEntry: z.object({ counter: count, client: z.string() }),
});

/**
 * The body of a 200. `environment` and `invocation` may be missing, as they are when the function
 * is somebody else's: then nothing can be concluded, which is not the same as unreadable.
 */
export const answerSchema: z.ZodType<Answer> = z.object({
  client: z.string(),
  globalData: globalDataSchema,
  message: z.string(),
  environment: environmentSchema.optional(),
  invocation: invocationSchema.optional(),
});

export type ParsedAnswer = { ok: true; answer: Answer } | { ok: false; problem: string };

/**
 * Reads the text of a 200.
 *
 * @returns the answer, or what keeps the text from being one, as a phrase without a full stop
 */
export function parseAnswer(text: string): ParsedAnswer {
  const body = text.trim();
  if (body === "") return { ok: false, problem: "the body is empty" };
  let input: unknown;
  try {
    input = JSON.parse(body);
  } catch {
    const problem = /^[{[]/.test(body) ? "JSON that is cut short or broken" : "no JSON";
    return { ok: false, problem };
  }
  const { data, error } = answerSchema.safeParse(input);
  if (data) return { ok: true, answer: data };
  const path = error.issues[0]?.path.join(".") || "it";
  return {
    ok: false,
    problem: `not the handler's answer: ${path} is missing or not as it should be`,
  };
}
