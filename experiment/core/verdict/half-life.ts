/** Fits an exponential decay, half of what is left each half-life, to counts of survivors. */

/** How many of some environments outlived a pause. */
export interface Survival {
  /** Milliseconds without a request. */
  pauseMs: number;
  before: number;
  after: number;
}

const BISECTIONS = 100;

/**
 * The half-life that explains the survivors best, by maximum likelihood, if an exponential decay
 * explains them at all: it is refused where chance, every environment ending for itself, would
 * deviate that much in less than one of twenty cases.
 *
 * @param survivals of two pauses or more, with some survivors and some that ended
 * @returns milliseconds, or `undefined` where nothing fits
 */
export function halfLifeOf(survivals: readonly Survival[]): number | undefined {
  if (survivals.length < 2) return undefined;
  const rate = likeliestRate(survivals);
  const deviance = survivals.reduce((sum, survival) => sum + devianceOf(survival, rate), 0);
  return deviance <= upper95(survivals.length - 1) ? Math.LN2 / rate : undefined;
}

/** Where the likelihood's slope by the rate, which falls all the way, is zero. Per millisecond. */
function likeliestRate(survivals: readonly Survival[]): number {
  const slope = (rate: number) =>
    survivals.reduce((sum, { pauseMs, before, after }) => {
      return sum + pauseMs * ((before - after) / Math.expm1(rate * pauseMs) - after);
    }, 0);
  const pauses = survivals.map(({ pauseMs }) => pauseMs);
  let low = 1e-9 / Math.max(...pauses);
  let high = 50 / Math.min(...pauses);
  for (let step = 0; step < BISECTIONS; step += 1) {
    const middle = Math.sqrt(low * high);
    if (slope(middle) > 0) low = middle;
    else high = middle;
  }
  return low;
}

/** Twice the logarithm of how much likelier the count is by its own share than by the decay. */
function devianceOf({ pauseMs, before, after }: Survival, rate: number): number {
  const share = Math.exp(-rate * pauseMs);
  const term = (count: number, expected: number) =>
    count === 0 ? 0 : count * Math.log(count / expected);
  return 2 * (term(after, before * share) + term(before - after, before * (1 - share)));
}

/** What chi-square exceeds in one of twenty cases, as Wilson and Hilferty approximate it. */
function upper95(degreesOfFreedom: number): number {
  const spread = 2 / (9 * degreesOfFreedom);
  return degreesOfFreedom * (1 - spread + 1.645 * Math.sqrt(spread)) ** 3;
}
