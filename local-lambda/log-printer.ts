/** What the environments log, as a person at a terminal reads it. */

import type { Writable } from "node:stream";
import { printable } from "../basics/printable.ts";

/** How much may wait to be written, in bytes; lines that come beyond are left out and counted. */
const MAX_WAITING = 1_000_000;

/** What AWS's runtime client adds for an error that was logged behind a text, which holds it already. */
const RUNTIME_FIELDS = new Set(["tenantId", "errorType", "errorMessage", "stackTrace"]);

export class LogPrinter {
  readonly #output: Writable;
  /** Lines of this tick: one call of the system carries all that came at once. */
  #lines: string[] = [];
  #leftOut = 0;

  /** @param output one that breaks is written to in vain, and ends nothing */
  constructor(output: Writable) {
    this.#output = output;
    output.on("error", () => {});
    output.on("drain", () => this.#writeLeftOut());
  }

  /** Prints one line of the log of an environment; `requestId` is of the request that it belongs to. */
  print(environment: string, text: string, requestId?: string): void {
    if (this.#output.writableLength > MAX_WAITING) this.#leftOut += 1;
    else this.#write(readableLines(environment, text, requestId));
  }

  #writeLeftOut(): void {
    if (this.#leftOut === 0) return;
    const lines = this.#leftOut === 1 ? "1 line was" : `${this.#leftOut} lines were`;
    this.#leftOut = 0;
    this.#write([`(${lines} left out here: the log came faster than it could be shown.)`]);
  }

  #write(lines: readonly string[]): void {
    if (lines.length === 0) return;
    if (this.#lines.length === 0) queueMicrotask(() => this.#flush());
    this.#lines.push(...lines);
  }

  #flush(): void {
    this.#output.write(`${this.#lines.join("\n")}\n`);
    this.#lines = [];
  }
}

/**
 * A line of a log as the lines to show: each begins with the environment, by the first characters of
 * its unique part, and the request, which a line of JSON names itself.
 *
 * @param text as a process or the service wrote it
 * @param requestId of the request that alone could have written it, if there is one
 */
export function readableLines(environment: string, text: string, requestId?: string): string[] {
  const json = parseObject(text);
  const label = environment.slice(environment.lastIndexOf("]") + 1).slice(0, 8);
  const id = (json && requestIdIn(json)) ?? requestId;
  // The runtime writes a dash where no request is inside.
  const prefix = id === undefined || id === "-" ? label : `${label} ${id}`;
  const words = json ? wordsForJson(json, text) : text;
  if (words === undefined) return [];
  return words
    .trimEnd()
    .split(/\r?\n|\r/)
    .map((line) => printable(`${prefix} ${line.replaceAll("\t", "  ")}`.trimEnd()));
}

type Json = Record<string, unknown>;

function parseObject(text: string): Json | undefined {
  if (!text.startsWith("{")) return undefined;
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

/** The runtime names it in the line, and the service in its record. */
function requestIdIn(json: Json): string | undefined {
  const { requestId } = platformRecord(json) ?? json;
  return typeof requestId === "string" ? requestId : undefined;
}

/**
 * Level and message of a line that has them, and then what else it holds, but not the request again,
 * nor the time, which is now; `undefined`: not worth a line.
 */
function wordsForJson(json: Json, text: string): string | undefined {
  const record = platformRecord(json);
  if (record) return wordsForPlatform(record);
  const { level, message, timestamp, requestId, ...others } = json;
  // The runtime says what is wrong a second time, in these fields.
  const isRuntime = Object.keys(others).every((name) => RUNTIME_FIELDS.has(name));
  if (typeof level !== "string" || !(isRuntime || "message" in json)) return text;
  const more = isRuntime ? "" : ` ${JSON.stringify(others)}`;
  return `${level} ${wordsForMessage(message)}${more}`;
}

/** What the service says; any line may be the function's own, and hold anything. */
function platformRecord({ type, record }: Json): Json | undefined {
  const isPlatform = typeof type === "string" && type.startsWith("platform.");
  return isPlatform && typeof record === "object" && record !== null ? (record as Json) : undefined;
}

/** Only failures that the function's own lines cannot tell of: it was ended, or took too long. */
function wordsForPlatform({ status, errorType, errorMessage }: Json): string | undefined {
  if (status === "timeout") return "ERROR The initialization took too long.";
  const type = String(errorType ?? status);
  const isUnlogged = type.startsWith("Sandbox.") || type === "Runtime.ExitError";
  return isUnlogged && errorMessage !== undefined ? `ERROR ${type}: ${errorMessage}` : undefined;
}

/** An error, which the runtime writes as an object, is shown by its stack. */
function wordsForMessage(message: unknown): string {
  if (typeof message === "string") return message;
  if (message === undefined) return "";
  if (typeof message !== "object" || message === null) return JSON.stringify(message);
  const { errorType, errorMessage, stackTrace, ...others } = message as Json;
  if (!Array.isArray(stackTrace)) return JSON.stringify(message);
  const more = Object.keys(others).length > 0 ? [JSON.stringify(others)] : [];
  return [...stackTrace.map(String), ...more].join("\n");
}
