/**
 * What a conclusion needs of an observation, and no more: a run of a million requests must not
 * keep a million answers in memory.
 */

import type { Answer, InvocationReport } from "../../../handler/contract.ts";
import type { Observation, Outcome } from "../record-lines.ts";

/** What one answer reports of its own invocation, and the service beside it. */
export interface Report {
  environment: string;
  /** What the service calls the environment's log stream, where it does: nobody else says that. */
  logStream?: string | undefined;
  pid: number;
  /** Environment and pid: the clock below is this process's own. */
  process: string;
  /** Process and thread: one thread runs one instance at a time. */
  thread: string;
  /** One evaluation of the handler module, so one set of globals. */
  instance: string;
  requestId: string;
  /** Milliseconds of the process's monotonic clock. */
  enteredAt: number;
  leftAt: number;
  coldStart: boolean;
  /** The instance's counter right after this request's own mutation. */
  counter: number;
  inFlightOnEntry: number;
  inFlightPeak: number;
  /** `globalData` was not what this request itself left. */
  mixed: boolean;
  /** The answer names another client than the request did: it is somebody else's. */
  misdelivered: boolean;
  /** What it counts cannot be true together. */
  miscounted: boolean;
}

/** One request, reduced to what counts. */
export interface Evidence {
  run: string;
  index: number;
  client: string;
  /** The process that fired it; one that is not named is one more. */
  runner?: string | undefined;
  outcome: Outcome;
  message?: string | undefined;
  /** Milliseconds of the runner's clock, from its shot of the run. Those of two are not compared. */
  sentAt?: number | undefined;
  answeredAt?: number | undefined;
  /** Absent when the request was not answered, or the answer had no identity. */
  report?: Report | undefined;
}

/** A request that was answered with an identity, so that something can be concluded from it. */
export interface Identified extends Evidence {
  sentAt: number;
  answeredAt: number;
  report: Report;
}

/** One run, as far as it went. */
export interface RunEvidence {
  /** How many requests the stage had in flight at once, as many as there were at most. */
  concurrency: number;
  holdMs: number;
  requests: readonly Evidence[];
}

/** Reduces an observation to what counts. */
export function evidenceOf(observation: Observation): Evidence {
  const { run, index, client, runner, outcome, message, sentAt, answeredAt } = observation;
  const report = outcome === "ok" ? reportOf(observation) : undefined;
  return { run, index, client, runner, outcome, message, sentAt, answeredAt, report };
}

/** Whether something can be concluded from a request. */
export function isIdentified(evidence: Evidence): evidence is Identified {
  return (
    evidence.report !== undefined &&
    evidence.sentAt !== undefined &&
    evidence.answeredAt !== undefined
  );
}

/** Whether all times of some requests are of one clock. */
export function isOfOneRunner(requests: readonly Evidence[]): boolean {
  const [first] = requests;
  return requests.every(({ runner }) => runner === first?.runner);
}

/** Requests by whose clock their times are: only those of one group can be held against each other. */
export function byRunner<T extends Evidence>(requests: readonly T[]): (readonly T[])[] {
  // A run of a million requests is not copied.
  if (isOfOneRunner(requests)) return [requests];
  return [...Map.groupBy(requests, ({ runner }) => runner).values()];
}

/** Whether an answer's globals are not what its own request left: another one changed them. */
export function isMixed({ globalData, invocation }: Answer): boolean {
  if (!invocation) return false;
  const { counter, client } = invocation.onEntry;
  return globalData.counter !== counter || globalData.client !== client;
}

/** Whether what an answer counts cannot be true together: see the contract for what it counts. */
function isMiscounted({ globalData }: Answer, invocation: InvocationReport): boolean {
  const { inFlightOnEntry, inFlightPeak, onEntry } = invocation;
  // A counter never falls, and a peak is the most there ever was.
  return globalData.counter < onEntry.counter || inFlightPeak < inFlightOnEntry;
}

function reportOf({ response, client, logStream }: Observation): Report | undefined {
  const { environment, invocation } = response ?? {};
  if (!response || !environment || !invocation) return undefined;
  const process = `${environment.id}/${environment.pid}`;
  return {
    environment: environment.id,
    logStream,
    pid: environment.pid,
    process,
    thread: `${process}/${environment.threadId}`,
    instance: environment.instance,
    requestId: invocation.requestId,
    enteredAt: invocation.enteredAt,
    leftAt: invocation.leftAt,
    coldStart: environment.coldStart,
    counter: invocation.onEntry.counter,
    inFlightOnEntry: invocation.inFlightOnEntry,
    inFlightPeak: invocation.inFlightPeak,
    mixed: isMixed(response),
    misdelivered: response.client !== client || invocation.onEntry.client !== client,
    miscounted: isMiscounted(response, invocation),
  };
}

// The evidence of a run, kept in few large blocks of memory. A million objects with a dozen strings each
// would cost the garbage collector more than parsing a record takes.

/** The numbers that are kept of a request, by their place in its row; NaN stands for absent. */
const COLUMN = {
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
  /** The flags below, and above them which of the runners it is of. */
  flags: 9,
} as const;
const WIDTH = 10;
const FLAG = { coldStart: 1, mixed: 2, misdelivered: 4, miscounted: 8 } as const;
const RUNNER_SHIFT = 4;
/** The blocks begin with room for so many requests, if the run has them, and double. */
const MOST_FIRST_ROWS = 1_024;
/** Characters of a request's id, as AWS gives them. */
const ID_LENGTH = 36;

/** What many requests have in common, kept once. */
type Identity = Pick<
  Report,
  "environment" | "logStream" | "pid" | "process" | "thread" | "instance"
>;
type ClientOutcome = Pick<Evidence, "client" | "outcome" | "message">;

/** The evidence of one run, in order of arrival. */
export class EvidenceTable {
  readonly run: string;
  #numbers: Float64Array<ArrayBuffer>;
  #text: Buffer;
  #textSize = 0;
  #rows: readonly Evidence[] = [];
  /** By number, and their numbers. */
  readonly #runners: (string | undefined)[] = [];
  readonly #runnerNumbers = new Map<string | undefined, number>();
  readonly #identities: (Identity | undefined)[] = [];
  readonly #endings: ClientOutcome[] = [];
  /** By instance the one that was seen first: another one would be a contradiction. */
  readonly #firstIdentities = new Map<string, Identity>();
  readonly #otherIdentities = new Map<string, Identity>();
  readonly #firstEndings = new Map<string, ClientOutcome>();
  readonly #otherEndings = new Map<string, ClientOutcome>();

  /** @param expected how many requests the run is to have */
  constructor(run: string, expected = MOST_FIRST_ROWS) {
    this.run = run;
    const rows = Math.max(1, Math.min(expected, MOST_FIRST_ROWS));
    this.#numbers = new Float64Array(rows * WIDTH);
    this.#text = Buffer.alloc(rows * ID_LENGTH);
  }

  get size(): number {
    return this.#endings.length;
  }

  add(evidence: Evidence): void {
    const { index, runner, sentAt = Number.NaN, answeredAt = Number.NaN, report } = evidence;
    const start = this.size * WIDTH;
    if (start + WIDTH > this.#numbers.length) this.#numbers = doubled(this.#numbers);
    const numbers = this.#numbers;
    numbers[start + COLUMN.index] = index;
    numbers[start + COLUMN.sentAt] = sentAt;
    numbers[start + COLUMN.answeredAt] = answeredAt;
    numbers[start + COLUMN.text] = this.#textSize;
    let flags = this.#runnerNumber(runner) << RUNNER_SHIFT;
    if (report) {
      numbers[start + COLUMN.enteredAt] = report.enteredAt;
      numbers[start + COLUMN.leftAt] = report.leftAt;
      numbers[start + COLUMN.counter] = report.counter;
      numbers[start + COLUMN.inFlightOnEntry] = report.inFlightOnEntry;
      numbers[start + COLUMN.inFlightPeak] = report.inFlightPeak;
      flags |=
        (report.coldStart ? FLAG.coldStart : 0) |
        (report.mixed ? FLAG.mixed : 0) |
        (report.misdelivered ? FLAG.misdelivered : 0) |
        (report.miscounted ? FLAG.miscounted : 0);
      this.#addText(report.requestId);
    }
    numbers[start + COLUMN.flags] = flags;
    this.#identities.push(report && this.#identity(report));
    this.#endings.push(this.#ending(evidence));
  }

  /** Those that fired, in order of first use; `undefined` is one that is not named. */
  get runners(): readonly (string | undefined)[] {
    return this.#runners;
  }

  /** The evidence of every request that was added until now; each is a view of its row. */
  rows(): readonly Evidence[] {
    if (this.#rows.length < this.size) {
      const { run } = this;
      const numbers = this.#numbers.subarray(0, this.size * WIDTH);
      const blocks = {
        run,
        numbers,
        runners: this.#runners,
        text: this.#text,
        textSize: this.#textSize,
      };
      this.#rows = this.#endings.map(
        (ending, row) => new Row(blocks, row, ending, this.#identities[row]),
      );
    }
    return this.#rows;
  }

  #runnerNumber(runner: string | undefined): number {
    const known = this.#runnerNumbers.get(runner);
    if (known !== undefined) return known;
    const number = this.#runners.push(runner) - 1;
    this.#runnerNumbers.set(runner, number);
    return number;
  }

  #addText(text: string): void {
    if (this.#textSize + 3 * text.length > this.#text.length) {
      const larger = Buffer.alloc(2 * this.#text.length + 3 * text.length);
      this.#text.copy(larger);
      this.#text = larger;
    }
    this.#textSize += this.#text.write(text, this.#textSize);
  }

  #identity(report: Report): Identity {
    const { environment, logStream, pid, process, thread, instance } = report;
    const first = this.#firstIdentities.get(instance);
    // A thread's name holds its process's and its environment's.
    if (first && first.thread === thread && first.logStream === logStream) return first;
    const identity = { environment, logStream, pid, process, thread, instance };
    if (!first) this.#firstIdentities.set(instance, identity);
    const key = JSON.stringify([instance, logStream, thread]);
    return getOrAdd(this.#otherIdentities, key, identity);
  }

  #ending({ client, outcome, message }: Evidence): ClientOutcome {
    const first = this.#firstEndings.get(client);
    if (first && first.outcome === outcome && first.message === message) return first;
    const ending = { client, outcome, message };
    if (!first) this.#firstEndings.set(client, ending);
    return getOrAdd(this.#otherEndings, JSON.stringify([client, outcome, message]), ending);
  }
}

/** The blocks of a table as they were when its rows were asked for. */
interface Blocks {
  run: string;
  numbers: Float64Array;
  runners: readonly (string | undefined)[];
  text: Buffer;
  textSize: number;
}

/** Of a request of which nothing is reported. */
const NOBODY: Identity = {
  environment: "",
  pid: 0,
  process: "",
  thread: "",
  instance: "",
};

/** One request, read from the blocks when asked; where it was reported, it is its own report. */
class Row implements Evidence, Report {
  private readonly blocks: Blocks;
  /** Where its numbers begin. */
  private readonly start: number;
  private readonly ending: ClientOutcome;
  private readonly identity: Identity;

  constructor(blocks: Blocks, row: number, ending: ClientOutcome, identity = NOBODY) {
    this.blocks = blocks;
    this.start = row * WIDTH;
    this.ending = ending;
    this.identity = identity;
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
  get runner(): string | undefined {
    return this.blocks.runners[this.number(COLUMN.flags) >>> RUNNER_SHIFT];
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
    return this.identity === NOBODY ? undefined : this;
  }

  get environment(): string {
    return this.identity.environment;
  }
  get logStream(): string | undefined {
    return this.identity.logStream;
  }
  get pid(): number {
    return this.identity.pid;
  }
  get process(): string {
    return this.identity.process;
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
    return this.has(FLAG.coldStart);
  }
  get mixed(): boolean {
    return this.has(FLAG.mixed);
  }
  get misdelivered(): boolean {
    return this.has(FLAG.misdelivered);
  }
  get miscounted(): boolean {
    return this.has(FLAG.miscounted);
  }

  private has(flag: number): boolean {
    return (this.number(COLUMN.flags) & flag) !== 0;
  }

  private number(column: number): number {
    return this.blocks.numbers[this.start + column] ?? Number.NaN;
  }
}

function present(value: number): number | undefined {
  return Number.isNaN(value) ? undefined : value;
}

function getOrAdd<T>(known: Map<string, T>, key: string, added: T): T {
  const value = known.get(key);
  if (value !== undefined) return value;
  known.set(key, added);
  return added;
}

function doubled(numbers: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(2 * numbers.length);
  larger.set(numbers);
  return larger;
}
