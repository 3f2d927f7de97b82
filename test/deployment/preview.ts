/** What `pulumi preview --diff` prints, and what can be read off it. */

/** The resources that it would change, each as its headline says, such as `~ TYPE: (update)`. */
export function changedIn(diff: string): string[] {
  return diff
    .split("\n")
    .map((line) => line.trim())
    .filter(
      (line) => /^[-+~]{1,2} \w+:\S+: \(/.test(line) && !line.includes("pulumi:pulumi:Stack"),
    );
}
