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

/** The mode in which Ink draws each frame; until its end a terminal shows what it showed before. */
const FRAME_MODE = 2026;
/** After so long a terminal shows what it has: the program may have been stopped within a frame. */
const FRAME_TIMEOUT_MS = 1_000;

export class Terminal {
  readonly #pty;
  readonly #terminal;
  /** Whole frames, in order, from the last one that was waited for, or the last key. */
  readonly #frames: string[] = [];
  /** What is shown while a frame is drawn, and until when at most. */
  #held: { lines: string[]; until: number } | undefined;
  /** What the window has been called, the latest last. */
  readonly titles: string[] = [];
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
    this.#terminal.onTitleChange((title) => this.titles.push(title));
    this.#onFrameMode("h", () => {
      this.#held = { lines: this.#rows(), until: performance.now() + FRAME_TIMEOUT_MS };
    });
    this.#onFrameMode("l", () => {
      this.#held = undefined;
      this.#frames.push(this.text);
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

  #onFrameMode(final: "h" | "l", listener: () => void): void {
    this.#terminal.parser.registerCsiHandler({ prefix: "?", final }, ([mode]) => {
      if (mode === FRAME_MODE) listener();
      return false;
    });
  }

  /** The rows of what is shown, without the spaces at their ends. */
  get lines(): string[] {
    const held = this.#held;
    return held && performance.now() < held.until ? held.lines : this.#rows();
  }

  #rows(): string[] {
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
    // What was shown before is no answer to them.
    this.#frames.length = 0;
    this.#pty.write(keys);
  }

  /** Pastes as terminals do that were asked to say so. */
  paste(text: string): void {
    this.press(`\u001b[200~${text}\u001b[201~`);
  }

  resize(columns: number, rows: number): void {
    this.#frames.length = 0;
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

  /**
   * Waits until the screen shows something, if only in one frame since it last did; resolves to the
   * whole text of then.
   */
  async shows(pattern: RegExp): Promise<string> {
    const find = () => {
      const found = this.#frames.findIndex((text) => pattern.test(text));
      if (found < 0) return pattern.test(this.text) ? this.text : undefined;
      this.#frames.splice(0, found);
      return this.#frames[0];
    };
    try {
      return await waitUntil(`${pattern}`, find);
    } catch (error) {
      throw new Error(`${error}; the screen was:\n${this.text}`);
    }
  }

  /** Presses keys, and waits for what they bring; resolves to the whole text of then. */
  pressFor(keys: string, pattern: RegExp): Promise<string> {
    this.press(keys);
    return this.shows(pattern);
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
