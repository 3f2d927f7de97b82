/** `npm run local-lambda`: the embedded Lambda alone, or steered by the process that started it. */

import type { Writable } from "node:stream";
import { printable } from "../basics/printable.ts";
import { endInOrder, endWithNpm } from "../basics/signals.ts";
import { type ChildMessage, type ControlCall, LIFELINE_VARIABLE } from "./control.ts";
import { initLimitMs } from "./environment/initialization.ts";
import type { LocalLambda } from "./local-lambda.ts";
import { LogPrinter } from "./log-printer.ts";
import { parseOptions } from "./options/options.ts";
import type { PoolPlan } from "./pool/pool.ts";
import { StartError } from "./start-error.ts";
import type { Authorize } from "./url/authorization.ts";

const { port, configuration, authorization, quiet } = parseOptions(process.argv.slice(2));
const parent = process.send ? (message: ChildMessage) => process.send?.(message) : undefined;

/** After how long a start says that it is still under way, in milliseconds. */
const SILENCE_MS = 10_000;

/** Prints what the environments log; the terminal of one that is steered is another's. */
let printer: LogPrinter | undefined;
const onLog: PoolPlan["onLog"] =
  parent || quiet
    ? undefined
    : (...line) => {
        // What was ended in order would tell of it as of a failure.
        if (isEnding) return;
        printer ??= new LogPrinter(patientOutput());
        printer.print(...line);
      };

/** The standard input, where it ends with the process that steers this one. */
const lifeline = process.env[LIFELINE_VARIABLE] === undefined ? undefined : 0;

let started: LocalLambda | undefined;
let isEnding = false;

// Before the start, which may take its time: what has been started by then is the reaper's.
endInOrder(() => void end());
endWithNpm();
process.once("disconnect", () => void end());

const patience = setTimeout(() => {
  const seconds = initLimitMs(configuration) / 1_000;
  console.error(`Waiting for the code to initialize, for at most ${seconds} seconds…`);
}, SILENCE_MS);
try {
  // Who wants help does not wait for all that is needed to serve.
  const { LocalLambda } = await import("./local-lambda.ts");
  const lambda = await LocalLambda.start(configuration, port, {
    authorize: await authorize(),
    lifeline,
    onLog,
    onEdit,
  });
  started = lambda;
  if (parent) obey(lambda, parent);
  else introduce(lambda);
} catch (error) {
  const message = startFailure(error);
  if (parent) parent({ type: "failed", message });
  // It may hold what the function's own code has thrown: lines of text, and nothing that a terminal obeys.
  else console.error(message.replaceAll(/[^\P{C}\n]/gu, " "));
  process.exitCode = 1;
  if (parent) process.disconnect();
} finally {
  clearTimeout(patience);
}

/** What `--authorization` asks for, with the caller's credentials from the environment. */
async function authorize(): Promise<Authorize | undefined> {
  if (authorization !== "AWS_IAM") return undefined;
  const { credentialsIn, iamAuthorization } = await import("./url/authorization.ts");
  return iamAuthorization(configuration.region, credentialsIn(process.env));
}

/** What makes curl sign, or nothing. The shell fills the secrets in; they are not printed. */
function signing(): string {
  if (authorization !== "AWS_IAM") return "";
  const token = process.env.AWS_SESSION_TOKEN
    ? '-H "x-amz-security-token: $AWS_SESSION_TOKEN" '
    : "";
  return (
    `--aws-sigv4 "aws:amz:${configuration.region}:lambda" ` +
    `--user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" ${token}`
  );
}

function introduce({ url }: LocalLambda): void {
  console.log(`Local Lambda (${configuration.model}) at ${url}`);
  console.log(`Try: curl ${signing()}-d '{"client":"Ana"}' ${url}`);
  console.log("Ctrl-C ends it and every environment.");
}

/**
 * The standard error, so that nobody who does not read it holds up what is served. A terminal blocks,
 * and so does a pipe once a child was started that shares it, as the reaper and esbuild do; Node.js
 * has no public way to undo that.
 */
function patientOutput(): Writable {
  const { stderr } = process;
  const { _handle } = stderr as { _handle?: { setBlocking?(isBlocking: boolean): void } };
  _handle?.setBlocking?.(false);
  return stderr;
}

function obey(lambda: LocalLambda, tell: (message: ChildMessage) => void): void {
  process.on("message", async (message: ControlCall) => {
    const { call } = message;
    if (message.type === "recycle") {
      await lambda.pool.recycle();
      tell({ type: "answer", call, lines: [] });
    } else {
      tell({ type: "answer", call, lines: lambda.pool.registry.logOf(message.environment) });
    }
  });
  tell({ type: "ready", url: lambda.url.href, codeSha256: lambda.codeSha256 });
}

/**
 * Says that the code was edited. One that is steered ends, and its reaper ends the environments: who
 * steers it has noted which code is measured, and starts it anew to measure another.
 */
function onEdit([file = "", ...others]: readonly string[]): void {
  const more = others.length === 0 ? "" : ` and ${others.length} more`;
  const folder = printable(`${configuration.code?.root}`);
  const message = `The code in ${folder} changed (${printable(file)}${more})`;
  if (!process.send) console.error(`${message}: new environments serve it from here on.`);
  else process.send({ type: "failed", message: `${message}.` }, () => process.exit(1));
}

async function end(): Promise<void> {
  isEnding = true;
  await started?.close();
  process.exit(0);
}

function startFailure(error: unknown): string {
  if (error instanceof StartError) return error.message;
  const { code, syscall } = error as Partial<NodeJS.ErrnoException>;
  if (syscall === "listen" && code === "EADDRINUSE") {
    return `Port ${port} is taken. Choose another with --port, or 0 for any free one.`;
  }
  if (syscall === "listen" && code === "EACCES") {
    return `Port ${port} is not allowed. Choose one above 1023 with --port.`;
  }
  return `The local Lambda could not start: ${error instanceof Error ? error.message : error}`;
}
