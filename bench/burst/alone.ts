/** The frame of a contender that is a program of its own: its address and count are arguments. */

export const BODY = '{"client":"x","holdMs":1000,"steps":5}';

/**
 * Fires, and tells whoever started the program how long that took.
 *
 * @param fire resolves to how long the firing took, in milliseconds
 */
export async function fireAlone(fire: (url: URL, count: number) => Promise<number>): Promise<void> {
  const [url = "", count] = process.argv.slice(2);
  const firingMs = await fire(new URL(url), Number(count));
  process.send?.({ firingMs });
  process.disconnect?.();
}
