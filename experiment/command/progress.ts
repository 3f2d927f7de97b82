/** One line on standard error that says how far the experiment is; silent unless a terminal. */

import { formatDuration } from "../core/plan/duration.ts";
import type { Plan } from "../core/plan/plan.ts";
import type { Phase } from "../experiment.ts";

const REFRESH_MS = 100;
const CLEAR_LINE = "\r\u001b[K";

export class Progress {
  readonly #plan: Plan;
  readonly #stream = process.stderr;
  #answered = 0;
  #phase: Phase | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(plan: Plan) {
    this.#plan = plan;
  }

  enter(phase: Phase): void {
    if (!this.#stream.isTTY) return;
    this.#phase = phase;
    this.#answered = 0;
    this.#timer ??= setInterval(() => this.#draw(), REFRESH_MS);
    this.#draw();
  }

  /** One more request has ended. */
  count(): void {
    this.#answered += 1;
  }

  /** Takes the line away; the next phase brings it back. */
  clear(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    if (this.#stream.isTTY && this.#phase) this.#stream.write(CLEAR_LINE);
    this.#phase = undefined;
  }

  #draw(): void {
    if (!this.#phase) return;
    const words = this.#describe(this.#phase);
    // What goes on in another line stays there, as only the last one can be cleared.
    const room = this.#stream.columns > 0 ? this.#stream.columns - 1 : words.length;
    this.#stream.write(`${CLEAR_LINE}${words.slice(0, room)}`);
  }

  #describe(phase: Phase): string {
    const { stages } = this.#plan;
    const which = phase.role === "control" ? "Control, run" : "Run";
    const run = `${which} ${phase.index + 1} of ${stages.length}`;
    if (phase.name === "pausing") return `${run}: pause of ${formatDuration(phase.ms)} …`;
    if (phase.name === "arming") return `${run}: opening connections …`;
    return `${run}: ${this.#answered} of ${stages[phase.index]?.requests ?? 0} answered …`;
  }
}
