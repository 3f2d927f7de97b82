/** Programs that a bench starts, talks to, and ends. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

export class RunningProgram implements AsyncDisposable {
  readonly child: ChildProcess;
  #printed = "";

  /** Starts a program on the Node.js that runs the bench. */
  constructor(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    this.child = spawn(process.execPath, args, {
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.#printed += text;
    });
  }

  /**
   * Waits until it has printed what matches.
   *
   * @throws Error when it ends before
   */
  async printed(pattern: RegExp): Promise<RegExpExecArray> {
    const ended = once(this.child, "exit");
    for (;;) {
      const match = pattern.exec(this.#printed);
      if (match) return match;
      const printedMore = once(this.child.stdout ?? this.child, "data");
      const hasEnded = await Promise.race([printedMore.then(() => false), ended.then(() => true)]);
      if (hasEnded) throw new Error(`${this.child.spawnargs.join(" ")} ended before ${pattern}.`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exited = once(this.child, "exit");
    this.child.kill();
    await exited;
  }
}
