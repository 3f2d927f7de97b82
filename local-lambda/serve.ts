/** `npm run local-lambda`: the embedded Lambda alone, or steered by the process that started it. */

import assert from "node:assert/strict";
import type { Writable } from "node:stream";
import { printable, printableLines } from "../basics/printable.ts";
import { endInOrder, endWithNpm } from "../basics/signals.ts";
import { initLimitMs } from "./function-configuration.ts";
import type { LocalLambda, StartOptions } from "./local-lambda.ts";
import { LogPrinter } from "./log-printer.ts";
import type { LocalLambdaOptions } from "./options.ts";
import { type LambdaMessage, type RemoteCall, readRemoteArgument } from "./remote.ts";
import { StartError } from "./start-error.ts";
import { startWords } from "./start-words.ts";

/** After how long a start says that it is still under way, in milliseconds. */
const SILENCE_MS = 10_000;

const args = process.argv.slice(2);
const remote = readRemoteArgument(args);
const options: LocalLambdaOptions = remote
  ? { port: 0, authorization: "NONE", quiet: true, configuration: remote }
  : (await import("./options.ts")).parseLambdaOptions(args);
const { configuration } = options;

let started: LocalLambda | undefined;
let isEnding = false;

// Before the start, which may take its time: what has been started by then is the reaper's.
endInOrder(() => void end());
endWithNpm();
if (remote) process.once("disconnect", () => void end());

const patience = setTimeout(() => {
  const seconds = initLimitMs(configuration) / 1_000;
  console.error(`Waiting for the code to initialize, for at most ${seconds} seconds…`);
}, SILENCE_MS);
try {
  // Loaded late, so that --help is fast.
  const { LocalLambda } = await import("./local-lambda.ts");
  started = await LocalLambda.start(configuration, options.port, {
    authorize: await authorize(),
    lifeline: remote && 0,
    onLog: options.quiet ? undefined : printLog(),
    onEdit,
  });
  if (remote) obey(started);
  else introduce(started);
} catch (error) {
  const message = startFailure(error);
  process.exitCode = 1;
  if (remote) tell({ type: "failed", message }, () => process.exit());
  // The message may hold what the function's own code has thrown.
  else console.error(printableLines(message));
} finally {
  clearTimeout(patience);
}

/** What `--authorization` asks for, with the caller's credentials from the environment. */
async function authorize(): Promise<StartOptions["authorize"]> {
  if (options.authorization !== "AWS_IAM") return undefined;
  const { credentialsIn, iamAuthorization } = await import("./function-url/authorization.ts");
  return iamAuthorization(configuration.region, credentialsIn(process.env));
}

/** Prints what the environments log, until the end: what is ended in order would log a failure. */
function printLog(): StartOptions["onLog"] {
  let printer: LogPrinter | undefined;
  return (...line) => {
    if (isEnding) return;
    printer ??= new LogPrinter(patientOutput());
    printer.print(...line);
  };
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

function introduce({ url }: LocalLambda): void {
  console.log(`Embedded Lambda (${configuration.model}) at ${url}`);
  console.log(`Try: curl ${signing()}-d '{"client":"Ana"}' ${url}`);
  console.log("Ctrl-C ends it and every environment.");
}

/** What makes curl sign, or nothing. The shell fills the secrets in; they are not printed. */
function signing(): string {
  if (options.authorization !== "AWS_IAM") return "";
  const token = process.env.AWS_SESSION_TOKEN
    ? '-H "x-amz-security-token: $AWS_SESSION_TOKEN" '
    : "";
  return (
    `--aws-sigv4 "aws:amz:${configuration.region}:lambda" ` +
    `--user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" ${token}`
  );
}

function obey({ pool, url, codeSha256 }: LocalLambda): void {
  process.on("message", async (message: RemoteCall) => {
    const { call } = message;
    if (message.type === "recycle") await pool.recycle();
    const lines = message.type === "logs" ? pool.logOf(message.environment) : [];
    tell({ type: "answer", call, lines });
  });
  tell({ type: "ready", url: url.href, codeSha256 });
}

/** @param then is called when the message is sent, or cannot be, since nobody listens any more */
function tell(message: LambdaMessage, then = () => {}): void {
  assert(process.send, "whoever steers an embedded Lambda starts it with a channel");
  process.send(message, then);
}

/**
 * Says that the code was edited. One that is steered ends, and its reaper ends the environments:
 * whoever steers it has noted which code is measured, and starts it anew to measure another.
 */
function onEdit([file, ...others]: readonly string[]): void {
  const { code } = configuration;
  assert(code && file !== undefined, "an edit is one of a file of code in a folder");
  const more = others.length === 0 ? "" : ` and ${others.length} more`;
  const folder = printable(code.root);
  const message = `The code in ${folder} changed (${printable(file)}${more})`;
  if (!remote) console.error(`${message}: new environments serve it from here on.`);
  else tell({ type: "failed", message: `${message}.` }, () => process.exit(1));
}

async function end(): Promise<void> {
  isEnding = true;
  await started?.close();
  process.exit(0);
}

function startFailure(error: unknown): string {
  if (error instanceof StartError) return startWords(error);
  return `The embedded Lambda could not start: ${error instanceof Error ? error.message : error}`;
}
