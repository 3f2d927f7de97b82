/** One row of a table of evidence: it is read from a block of memory when asked for. */

import type { Outcome } from "../record-lines.ts";
import type { Evidence, Report } from "./evidence.ts";

/** The numbers that are kept of a request, by their place in its row; NaN stands for absent. */
export const COLUMN = {
  index: 0,
  sentAt: 1,
  answeredAt: 2,
  enteredAt: 3,
  leftAt: 4,
  counter: 5,
  inFlightOnEntry: 6,
  inFlightPeak: 7,
  /** Where the request's id begins in the block of text; it ends where the next one begins. */
  text: 8,
  flags: 9,
} as const;
export const WIDTH = 10;
export const FLAG = { coldStart: 1, mixed: 2, misdelivered: 4, miscounted: 8 } as const;
/** What many requests have in common, kept once. */
export type Identity = Pick<
  Report,
  "environment" | "pid" | "process" | "threadId" | "thread" | "instance"
>;
export type Ending = Pick<Evidence, "client" | "outcome" | "message">;

/** The blocks of a table as they were when its rows were asked for. */
export interface Blocks {
  run: string;
  numbers: Float64Array;
  text: Buffer;
  textSize: number;
}

/** One request of which nothing is reported. Its numbers are read from the block when asked for. */
export class Row implements Evidence {
  protected readonly blocks: Blocks;
  /** Where its numbers begin. */
  protected readonly start: number;
  private readonly ending: Ending;

  constructor(blocks: Blocks, row: number, ending: Ending) {
    this.blocks = blocks;
    this.start = row * WIDTH;
    this.ending = ending;
  }

  get run(): string {
    return this.blocks.run;
  }
  get index(): number {
    return this.number(COLUMN.index);
  }
  get client(): string {
    return this.ending.client;
  }
  get outcome(): Outcome {
    return this.ending.outcome;
  }
  get message(): string | undefined {
    return this.ending.message;
  }
  get sentAt(): number | undefined {
    return present(this.number(COLUMN.sentAt));
  }
  get answeredAt(): number | undefined {
    return present(this.number(COLUMN.answeredAt));
  }
  get report(): Report | undefined {
    return undefined;
  }

  protected number(column: number): number {
    return this.blocks.numbers[this.start + column] ?? Number.NaN;
  }
}

/** One request and what was reported of it: the row is its own report. */
export class ReportedRow extends Row implements Report {
  private readonly identity: Identity;

  constructor(blocks: Blocks, row: number, ending: Ending, identity: Identity) {
    super(blocks, row, ending);
    this.identity = identity;
  }

  override get report(): Report {
    return this;
  }
  get environment(): string {
    return this.identity.environment;
  }
  get pid(): number {
    return this.identity.pid;
  }
  get process(): string {
    return this.identity.process;
  }
  get threadId(): number {
    return this.identity.threadId;
  }
  get thread(): string {
    return this.identity.thread;
  }
  get instance(): string {
    return this.identity.instance;
  }
  get requestId(): string {
    const { numbers, text, textSize } = this.blocks;
    const next = numbers[this.start + WIDTH + COLUMN.text] ?? textSize;
    return text.toString("utf8", this.number(COLUMN.text), next);
  }
  get enteredAt(): number {
    return this.number(COLUMN.enteredAt);
  }
  get leftAt(): number {
    return this.number(COLUMN.leftAt);
  }
  get counter(): number {
    return this.number(COLUMN.counter);
  }
  get inFlightOnEntry(): number {
    return this.number(COLUMN.inFlightOnEntry);
  }
  get inFlightPeak(): number {
    return this.number(COLUMN.inFlightPeak);
  }
  get coldStart(): boolean {
    return (this.number(COLUMN.flags) & FLAG.coldStart) !== 0;
  }
  get mixed(): boolean {
    return (this.number(COLUMN.flags) & FLAG.mixed) !== 0;
  }
  get misdelivered(): boolean {
    return (this.number(COLUMN.flags) & FLAG.misdelivered) !== 0;
  }
  get miscounted(): boolean {
    return (this.number(COLUMN.flags) & FLAG.miscounted) !== 0;
  }
}

function present(value: number): number | undefined {
  return Number.isNaN(value) ? undefined : value;
}
