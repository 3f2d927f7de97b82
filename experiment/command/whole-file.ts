/** A file that comes into being whole or not at all, and never over another. */

import { randomBytes } from "node:crypto";
import { closeSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Only its owner can read it, like the record. */
const MODE = 0o600;

/** Written under a name that nobody looks for, beside its own, which it gets at its end. */
export class WholeFile {
  readonly #path: string;
  readonly #part: string;
  readonly #descriptor: number;
  readonly #onExit = () => rmSync(this.#part, { force: true });

  /** @throws Error when a file of this name exists, or cannot be created there */
  constructor(path: string) {
    take(path);
    rmSync(path);
    this.#path = path;
    this.#part = join(dirname(path), `.${process.pid}-${randomBytes(6).toString("hex")}.part`);
    this.#descriptor = openSync(this.#part, "wx", MODE);
    // Whoever ends the program: what is not finished goes with it.
    process.once("exit", this.#onExit);
  }

  /** @throws Error when the disk does not take it */
  write(text: string): void {
    writeFileSync(this.#descriptor, Buffer.from(text));
  }

  /**
   * Gives the file its name.
   *
   * @throws Error when somebody else has taken that meanwhile
   */
  finish(): void {
    take(this.#path);
    try {
      renameSync(this.#part, this.#path);
    } catch (error) {
      rmSync(this.#path);
      throw error;
    }
  }

  /** Closes it; unless it was finished, nothing of it stays. */
  close(): void {
    closeSync(this.#descriptor);
    this.#onExit();
    process.off("exit", this.#onExit);
  }
}

/** Takes a name that is free, so that what is renamed to it replaces nobody's file. */
function take(path: string): void {
  closeSync(openSync(path, "wx", MODE));
}
