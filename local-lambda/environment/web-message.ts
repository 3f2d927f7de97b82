/** What a Web Function's server tells its service, once: a line of JSON over the pipe between them. */

export type WebMessage =
  | { type: "listening"; port: number }
  /** It never will; why, in one line. */
  | { type: "failed"; reason: string };

export function writeWebMessage(message: WebMessage): string {
  return `${JSON.stringify(message)}\n`;
}

/** Reads what was told. The pipe is open to the function's own code: what is no message is a failure. */
export function readWebMessage(told: string): WebMessage {
  let value: Partial<Record<string, unknown>> | null;
  try {
    value = JSON.parse(told);
  } catch {
    value = null;
  }
  if (value?.type === "listening" && isPort(value.port)) {
    return { type: "listening", port: value.port };
  }
  const reason = value?.type === "failed" ? value.reason : told;
  return { type: "failed", reason: String(reason) };
}

function isPort(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) > 0 && Number(value) < 65_536;
}
