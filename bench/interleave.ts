/** Rounds in which everyone has a turn, so that a slow moment of the machine meets all alike. */

/** So many repetitions has every figure. */
const ROUNDS = 5;

type Contenders<Name extends string, Sample> = Readonly<Record<Name, () => Promise<Sample>>>;

/**
 * Lets each contender have its turn, round after round.
 *
 * @returns the samples of each, in the order of the rounds
 */
export async function interleave<Name extends string, Sample>(
  contenders: Contenders<Name, Sample>,
  rounds = ROUNDS,
): Promise<Record<Name, Sample[]>> {
  const names = Object.keys(contenders) as Name[];
  const samples = Object.fromEntries(names.map((name) => [name, [] as Sample[]]));
  for (let round = 0; round < rounds; round++) {
    for (const name of names) samples[name]?.push(await contenders[name]());
  }
  return samples as Record<Name, Sample[]>;
}
