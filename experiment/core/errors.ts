/** Failures that a person can do something about, and what is common to all errors. */

/** What is known of each kind of failure. Each user interface words it, in `reports/error-words.ts`. */
export interface ErrorFacts {
  "plan impossible": { obstacle: string };
  "control impossible": { obstacle: string };
  "nothing fired": Record<never, never>;
  "cost not agreed": { usd: number; limitUsd: number };
  "connection not opened": { host: string; opened: number; wanted: number; why: string } & Coded;
  "connection lost before the shot": { why: string };
  "request not signed": { why: string };
  /** `command`: shows the state that the service says the function has. */
  "function not answering": {
    functionName: string;
    waitedMs: number;
    why: string;
    command: string;
  };

  "no AWS credentials": { why: string };
  "no AWS credentials in time": { waitedMs: number };
  "log forbidden": LogFacts;
  "log gone": LogFacts;
  "log throttled": LogFacts;
  "log not read": LogFacts;

  /** `needs` goes on as in "1,000 environments need 5 GB". */
  "embedded Lambda too large": { what: string; needs: string };
  "embedded Lambda not started": { why: string };
  "embedded Lambda ended": { why: string | undefined };

  "Pulumi not installed": Record<never, never>;
  "Pulumi not runnable": { complaint: string };
  "Pulumi too old": { complaint: string };
  "Pulumi late": { args: readonly string[]; waitedMs: number };
  "Pulumi failed": { args: readonly string[]; complaint: string };
  "not logged in to Pulumi": { complaint: string };
  "Pulumi state out of reach": { complaint: string };
  "Pulumi state unreadable": { complaint: string };
  "Pulumi passphrase missing": { complaint: string };
  "Pulumi.yaml unusable": { complaint: string };
  /** `variable`: what PULUMI_STACK says, where it is set. */
  "no stack selected": { variable: string | undefined };
  "no such stack": { stack: string };
  "stack not deployed": { stack: string };
  "stack not finished": { stack: string };
  "stack being updated": { stack: string };
  /** `models`: those that the stack must have, to be fired at as was asked for. */
  "model not deployed": {
    stack: string;
    missing: readonly string[];
    deployed: readonly string[];
    models: readonly string[];
  };
  "stack of another version": { stack: string; output: string; isMissing: boolean };
  "secret outputs": { stack: string; outputs: readonly string[] };

  "no home folder": Record<never, never>;
  "record exists": { path: string };
  "record not begun": { path: string; why: string } & Coded;
  "record not continued": { path: string; why: string } & Coded;
  /** `bytes` are those that somebody wrote into it; less than none: that somebody took away. */
  "record changed": { path: string; bytes: number };
  "record gone": { path: string; why: string; keptAs: string | undefined };
  "record in use": { path: string; purpose: RecordPurpose };
  "record in another form": { path: string; purpose: RecordPurpose; form: string };
  "record not deleted": { why: string };
  "record not printed": { why: string; path: string | undefined };
  "record not found": { path: string };
  "records not listed": { folder: string; why: string };
  "record unreadable": { record: string; why: string };
  "no records in folder": { folder: string };
  "record not reportable": { record: string; why: string };
  "records not mergeable": Record<never, never>;
  "record of a part": { path: string };
  "record without a log": { path: string; isOfStack: boolean; stack: string | undefined };

  "report exists": { path: string };
  "report not created": { path: string; why: string } & Coded;
  "folder in use": { path: string };
  "report not written": { path: string; why: string } & Coded;
  "report not printed": { why: string };
}

export type ErrorKind = keyof ErrorFacts;

/** The code of the error beneath, such as `ENOSPC`, or its name where it has none. */
interface Coded {
  code: string;
}

interface LogFacts {
  logGroupName: string;
  stack: string | undefined;
  why: string;
}

/** What was to be done with a record. */
export type RecordPurpose = "continue" | "delete";

/**
 * A failure that the person at the terminal can do something about. Anything else that is thrown
 * is a bug of this program.
 */
export class ExperimentError<Kind extends ErrorKind = ErrorKind> extends Error {
  override readonly name = "ExperimentError";
  readonly kind: Kind;
  readonly facts: ErrorFacts[Kind];

  constructor(kind: Kind, facts: ErrorFacts[Kind], options?: ErrorOptions) {
    super(kind, options);
    this.kind = kind;
    this.facts = facts;
  }
}

/** The innermost of an error's chain of causes; of several at once the first. */
function rootCause(error: unknown): unknown {
  let current = error;
  while (current instanceof Error && current.cause instanceof Error) current = current.cause;
  if (current instanceof AggregateError && current.errors.length > 0) {
    return rootCause(current.errors[0]);
  }
  return current;
}

/** The innermost message, on one line: `fetch failed` alone helps nobody. */
export function rootMessage(error: unknown): string {
  const cause = rootCause(error);
  if (!(cause instanceof Error)) return String(cause);
  // OpenSSL puts the reason between file names and line breaks.
  const isOfTls = "reason" in cause && rootCode(cause).startsWith("ERR_SSL_");
  const message = isOfTls ? `TLS failed: ${cause.reason}` : cause.message || cause.name;
  return message.replaceAll(/\s+/g, " ").trim();
}

/** The code of the innermost error, such as `ECONNREFUSED`, or its name where it has none. */
export function rootCode(error: unknown): string {
  const cause = rootCause(error);
  if (!(cause instanceof Error)) return "";
  return "code" in cause && typeof cause.code === "string" ? cause.code : cause.name;
}

/** A message as a sentence, so that another may follow. */
export function asSentence(message: string): string {
  const text = message.trim();
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
