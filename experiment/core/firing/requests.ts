/** The requests of one stage, one after the other, as they are sent. */

import { rootMessage } from "../errors.ts";
import { clientOf, type Plan, type Stage } from "../plan/plan.ts";
import type { RequestHeaders, SignRequest } from "../target.ts";

/** What every request is, signed or not. */
const METHOD = "POST";
const UNSIGNED: RequestHeaders = { "content-type": "application/json" };

/** A request that can be sent. */
export interface Outgoing {
  /** Which request of the stage, from 0. */
  index: number;
  method: string;
  headers: RequestHeaders;
  body: string;
  isSigned: boolean;
}

/** A request that could not be signed, and so is never sent. */
export interface Unsignable {
  index: number;
  message: string;
}

export class Requests {
  readonly #plan: Plan;
  readonly #count: number;
  readonly #sign: SignRequest | undefined;
  readonly #bodies = new Map<string, string>();
  #next = 0;

  constructor(plan: Plan, stage: Stage, sign?: SignRequest) {
    this.#plan = plan;
    this.#count = stage.requests;
    this.#sign = sign;
  }

  get areLeft(): boolean {
    return this.#next < this.#count;
  }

  /** The numbers of those that were not taken; none is left then. */
  *skipRest(): Generator<number> {
    while (this.areLeft) yield this.#next++;
  }

  /** Takes the next one, and signs it now: a signature is good for five minutes only. */
  async take(): Promise<Outgoing | Unsignable> {
    const index = this.#next++;
    const body = this.#bodyFor(clientOf(this.#plan, index));
    const request = { method: METHOD, headers: UNSIGNED, body };
    if (!this.#sign) return { index, ...request, isSigned: false };
    try {
      const headers = await this.#sign(request);
      return { index, ...request, headers, isSigned: true };
    } catch (error) {
      return { index, message: `The request could not be signed: ${rootMessage(error)}` };
    }
  }

  #bodyFor(client: string): string {
    const known = this.#bodies.get(client);
    if (known !== undefined) return known;
    const { holdMs, steps } = this.#plan;
    const body = JSON.stringify({ client, holdMs, steps });
    this.#bodies.set(client, body);
    return body;
  }
}
