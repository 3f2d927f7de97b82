/**
 * Why the embedded Lambda cannot start or serve, and what helps, in the words of a command line that
 * takes `--code` and `--handler`: its own, and that of the check.
 */

import type { CodeLack } from "./environment/code.ts";
import type { StartError, StartErrorFacts } from "./start-error.ts";

const WORDS: { [Kind in keyof StartErrorFacts]: (facts: StartErrorFacts[Kind]) => string } = {
  "no folder": ({ folder, isFile }) =>
    `${isFile ? `${folder} is a file` : `There is no folder ${folder}`}. ` +
    "Name the folder that holds the code: --code.",
  "no handler name": ({ handler }) =>
    `"${handler}" is no handler: it must be a file in the folder without its extension, a dot, ` +
    "and what the file exports, such as --handler index.handler.",
  "no handler file": ({ handler, folder, names, there }) => {
    const source = there.find((name) => /^[^.]+\.[cm]?tsx?$/.test(name));
    const step =
      source === undefined
        ? "Name the file that it is in, without its extension, and what that exports, such as " +
          "--handler index.handler."
        : `${source} is TypeScript: build it first, such as with esbuild, and name the folder of what ` +
          "is built.";
    return (
      `The handler ${handler} is not in ${folder}: there is none of ${names.join(", ")}. ` +
      `${there.length === 0 ? "It holds no file" : `It holds ${there.join(", ")}`}. ${step}`
    );
  },
  "no server file": ({ file, folder }) =>
    `There is no file ${file} in ${folder}. A web function is an HTTP server: name its file with ` +
    "--handler, such as --handler server.js, or serve a handler with another --model.",
  "unreadable code": ({ lack }) =>
    `${lack}. Make all of the folder readable, or name one that holds the code alone: --code.`,
  "no temporary files": ({ folder, reason }) =>
    `No files can be made in the folder for temporary ones, ${folder}: ${reason}. ` +
    "Make it one with room that you may write to, or name another one by the variable TMPDIR.",
  "not initialized": ({ errorType, errorMessage }) =>
    `The environments could not be initialized: ${errorType}: ${errorMessage}`,
  "no credentials": ({ variable }) =>
    `--authorization AWS_IAM needs ${variable} in the environment. Set AWS_ACCESS_KEY_ID and ` +
    "AWS_SECRET_ACCESS_KEY to what requests will be signed with, any text will do, and start again.",
  "port taken": ({ port }) =>
    `Port ${port} is taken. Choose another with --port, or 0 for any free one.`,
  "port not allowed": ({ port }) =>
    `Port ${port} is not allowed. Choose one above 1023 with --port.`,
};

/** What is wrong, and what the person who started it can do about that. */
export function startWords({ kind, facts }: StartError): string {
  const wordsOf = WORDS[kind] as (facts: unknown) => string;
  return wordsOf(facts);
}

/** Why there is no code to serve any more, and what helps. */
export function lackWords(lack: CodeLack): string {
  return lack.kind === "folder gone"
    ? `The folder of the code is gone: ${lack.folder}. Put it back, or name another: --code.`
    : `${lack.why}. Make all of the folder readable.`;
}
