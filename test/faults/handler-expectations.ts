/** What the faults of `faulty-handler.ts` end in, model by model. */

import type { Outcome } from "../../experiment/core/record-lines.ts";
import type { Model } from "../../local-lambda/function-configuration.ts";

/** By client: the outcome, and what the observation says of it; `ok` where nothing stands. */
export type Expected = Record<string, readonly [Outcome, RegExp?]>;

const ok = ["ok"] as const;
const failed = (cause: RegExp): readonly [Outcome, RegExp] => ["failed", cause];
const exited = (how: string) =>
  failed(
    new RegExp(`^502 .*\\(Runtime\\.ExitError: Runtime exited with error: ${how}\\): the func`),
  );

const THREAD_ENDED = failed(/^502 .*\(Runtime\.ExitError: Runtime worker thread ended\)/);
const TIMED_OUT = failed(/^502 .*\(Sandbox\.Timedout: .* Task timed out after 2\.00 seconds\)/);
const NOT_JSON = failed(/^502 .*\(Runtime\.JSONStringifyError: Unable to stringify/);
const KILLED = exited("signal: SIGKILL");
const OUT_OF_MEMORY = exited("signal: SIGABRT, as when the memory is used up");
const UNSETTLED = exited(
  "exit status 0, as when nothing is left to do and a promise was never settled",
);
const serverSaid = (reason: string) =>
  failed(new RegExp(`^500 Internal Server Error \\(${reason}.*\\): the code behind the URL`));

/** What is the same in all models, since the process stays. */
const ANSWERS: Expected = {
  nothing: ["unreadable", /null$/],
  status: failed(/^502 .*\(Runtime\.InvalidResponse: the status code "fine"\)/),
  header: failed(/^502 .*\(Runtime\.InvalidResponse: Invalid character in header/),
  transfer: ok,
  twice: ok,
};

/** What AWS's runtime client makes of it, at whatever concurrency. */
const RUNTIME: Expected = {
  ...ANSWERS,
  throws: failed(/^502 Internal Server Error \(Error: it broke\): the function failed/),
  rejects: failed(/^502 Internal Server Error \(TypeError: it was rejected\): the function/),
  bigint: NOT_JSON,
  circular: NOT_JSON,
  large: failed(/^502 .*\(Function\.ResponseSizeTooLarge: .* 6291556 bytes\)/),
  dies: KILLED,
};

export const EXPECTED: Record<Model, Expected> = {
  "on-demand": {
    ...RUNTIME,
    exits: exited("exit status 3"),
    quits: UNSETTLED,
    hoards: OUT_OF_MEMORY,
    blocks: TIMED_OUT,
    forgets: UNSETTLED,
    waits: TIMED_OUT,
  },
  "managed-instances": {
    ...RUNTIME,
    exits: THREAD_ENDED,
    hoards: THREAD_ENDED,
    forgets: TIMED_OUT,
    // At the end: a thread that computes takes one request more before it is known to.
    blocks: TIMED_OUT,
  },
  "web-function": {
    ...ANSWERS,
    throws: serverSaid("Error: it broke"),
    rejects: serverSaid("TypeError: it was rejected"),
    bigint: serverSaid("TypeError: Do not know how to serialize a BigInt"),
    circular: serverSaid("TypeError: Converting circular structure"),
    exits: exited("exit status 3"),
    dies: KILLED,
    hoards: OUT_OF_MEMORY,
    forgets: TIMED_OUT,
    blocks: TIMED_OUT,
  },
};
