/**
 * A terminal in a process of its own, to be killed: whoever runs in it then meets a terminal that is
 * gone. Prints the program's process id, and then all that the program writes. As soon as the screen
 * offers to fire, it fires.
 */

import { spawn } from "@lydell/node-pty";

const [command = "", ...args] = process.argv.slice(2);
const { CI: _, NODE_ENV: __, VITEST: ___, ...inherited } = process.env;
const env = { ...inherited, TERM: "xterm-256color" };
const terminal = spawn(command, args, { cols: 80, rows: 24, env });
process.stdout.write(`pid ${terminal.pid}\n`);
let written = "";
terminal.onData((bytes) => {
  process.stdout.write(bytes);
  const isOffered = /\bfire\b/.test(written);
  written += bytes;
  if (!isOffered && /\bfire\b/.test(written)) terminal.write("\r");
});
terminal.onExit(({ exitCode }) => process.exit(exitCode));
