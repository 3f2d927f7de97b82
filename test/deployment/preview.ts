/** What `pulumi preview --diff` prints, and what can be read off it. */

/**
 * The resources that it would change, each as its headline says, such as `~ TYPE: (update)`. What it
 * only found to be otherwise than when it looked last is left out.
 */
export function changedIn(diff: string): string[] {
  return diff
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => /^[-+~]{1,2} \w+:\S+: \((?!refresh)/.test(line))
    .filter((line) => !line.includes("pulumi:pulumi:Stack"));
}
