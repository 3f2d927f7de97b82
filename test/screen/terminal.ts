/** A real pseudo-terminal, read as a person would see it. */

import { fileURLToPath } from "node:url";
import { spawn } from "@lydell/node-pty";
import xterm from "@xterm/headless";
import type { Cell } from "../../picture/svg.ts";
import { waitUntil } from "../wait-until.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** What would have a program show something else than in a terminal of its user's. */
const NOT_INHERITED = ["CI", "NODE_ENV", "VITEST", "NO_COLOR", "FORCE_COLOR"];

export interface TerminalOptions {
  columns?: number;
  rows?: number;
  /** Changes of the environment. */
  env?: NodeJS.ProcessEnv;
  /** Where the program runs; by default in the project. */
  cwd?: string;
}

export class Terminal {
  readonly #pty;
  readonly #terminal;
  /** What the window is called. */
  title = "";
  /** Everything that was written, escape sequences included. */
  written = "";
  /** Resolves to the exit code. */
  readonly exited: Promise<number>;

  /** Runs a program; {@link dispose} ends it. */
  constructor(
    program: string,
    args: readonly string[],
    { columns = 80, rows = 24, env = {}, cwd = ROOT }: TerminalOptions = {},
  ) {
    this.#terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true });
    this.#terminal.onTitleChange((title) => {
      this.title = title;
    });
    const inherited = { ...process.env };
    for (const name of NOT_INHERITED) delete inherited[name];
    this.#pty = spawn(program, [...args], {
      cols: columns,
      rows,
      cwd,
      env: { ...inherited, TERM: "xterm-256color", ...env },
    });
    this.#pty.onData((bytes) => {
      this.written += bytes;
      this.#terminal.write(bytes);
    });
    this.exited = new Promise((resolve) => this.#pty.onExit(({ exitCode }) => resolve(exitCode)));
  }

  /** Ends the program, if it has not ended yet. */
  async dispose(): Promise<void> {
    this.#pty.kill("SIGKILL");
    await this.exited;
    this.#terminal.dispose();
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

  /** What is shown, cell by cell. */
  get cells(): Cell[][] {
    const buffer = this.#terminal.buffer.active;
    return Array.from({ length: this.#terminal.rows }, (_, row) => {
      const line = buffer.getLine(buffer.viewportY + row);
      return Array.from({ length: this.#terminal.cols }, (_, column): Cell => {
        const cell = line?.getCell(column);
        const isBehindWide = cell?.getWidth() === 0;
        return {
          text: isBehindWide ? "" : cell?.getChars() || " ",
          colour: cell?.isFgPalette() ? cell.getFgColor() : undefined,
          bold: Boolean(cell?.isBold()),
          dim: Boolean(cell?.isDim()),
        };
      });
    });
  }

  /** Where the cursor stands, from 0. */
  get cursor(): { column: number; row: number } {
    const { cursorX: column, cursorY: row } = this.#terminal.buffer.active;
    return { column, row };
  }

  /** Whether a program has taken the whole screen, as editors do. */
  get isAlternate(): boolean {
    return this.#terminal.buffer.active.type === "alternate";
  }

  press(keys: string): void {
    this.#pty.write(keys);
  }

  /** Pastes as terminals do that were asked to say so. */
  paste(text: string): void {
    this.#pty.write(`\u001b[200~${text}\u001b[201~`);
  }

  resize(columns: number, rows: number): void {
    this.#terminal.resize(columns, rows);
    this.#pty.resize(columns, rows);
  }

  signal(signal: NodeJS.Signals): void {
    process.kill(this.#pty.pid, signal);
  }

  /** Resolves in the moment in which a text has been written. */
  writes(text: string): Promise<void> {
    return new Promise((resolve) => {
      const listener = this.#pty.onData(() => {
        if (!this.written.includes(text)) return;
        listener.dispose();
        resolve();
      });
    });
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

export const KEYS = {
  enter: "\r",
  escape: "\u001b",
  tab: "\t",
  up: "\u001b[A",
  down: "\u001b[B",
  right: "\u001b[C",
  left: "\u001b[D",
  home: "\u001b[H",
  end: "\u001b[F",
  pageDown: "\u001b[6~",
  ctrl: (letter: string) => String.fromCharCode(letter.charCodeAt(0) - 96),
} as const;
