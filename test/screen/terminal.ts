/** A real pseudo-terminal around the screen, read as a person would see it. */

import { spawn } from "@lydell/node-pty";
import xterm from "@xterm/headless";
import { onTestFinished } from "vitest";
import { ROOT } from "../processes.ts";
import { waitUntil } from "../wait-until.ts";

export interface ScreenOptions {
  columns?: number;
  rows?: number;
  args?: readonly string[];
  env?: Record<string, string>;
  /** The data folder. */
  data: string;
}

export class Terminal {
  readonly #pty;
  readonly #terminal;
  readonly exited: Promise<number>;

  constructor({ columns = 80, rows = 24, args = [], env = {}, data }: ScreenOptions) {
    this.#terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true });
    const { CI: _, NODE_ENV: __, VITEST: ___, ...inherited } = process.env;
    this.#pty = spawn(process.execPath, ["tui/main.ts", ...args], {
      cols: columns,
      rows,
      cwd: ROOT,
      env: { ...inherited, TERM: "xterm-256color", LAMBDA_CONCURRENCY_TEST_DATA: data, ...env },
    });
    this.#pty.onData((bytes) => this.#terminal.write(bytes));
    this.exited = new Promise((resolve) => this.#pty.onExit(({ exitCode }) => resolve(exitCode)));
    onTestFinished(async () => {
      this.#pty.kill("SIGKILL");
      await this.exited;
      this.#terminal.dispose();
    });
  }

  get pid(): number {
    return this.#pty.pid;
  }

  /** The rows of what is shown, without the spaces at their ends. */
  get lines(): string[] {
    const buffer = this.#terminal.buffer.active;
    return Array.from({ length: this.#terminal.rows }, (_, row) =>
      (buffer.getLine(buffer.viewportY + row)?.translateToString(true) ?? "").trimEnd(),
    );
  }

  get text(): string {
    return this.lines.join("\n");
  }

  /** Whether a program has taken the whole screen, as editors do. */
  get isAlternate(): boolean {
    return this.#terminal.buffer.active.type === "alternate";
  }

  press(keys: string): void {
    this.#pty.write(keys);
  }

  resize(columns: number, rows: number): void {
    this.#terminal.resize(columns, rows);
    this.#pty.resize(columns, rows);
  }

  signal(signal: NodeJS.Signals): void {
    process.kill(this.#pty.pid, signal);
  }

  /** Waits until the screen shows something; resolves to the whole text. */
  async shows(pattern: RegExp): Promise<string> {
    try {
      return await waitUntil(`${pattern}`, () => (pattern.test(this.text) ? this.text : undefined));
    } catch (error) {
      throw new Error(`${error}; the screen was:\n${this.text}`);
    }
  }
}

export const ENTER = "\r";
export const ESCAPE = "\u001b";
export const CTRL_C = "\u0003";
