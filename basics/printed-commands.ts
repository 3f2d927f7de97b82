/** Commands as the product prints them, for a person to run in a shell. */

/**
 * A command of the Pulumi CLI that acts on one stack, whichever is selected when somebody runs it.
 *
 * @param stack its name; without one, the command acts on the selected stack
 * @param words what stands between `pulumi` and the options, such as `config set tags`
 * @param value the last argument, whatever it is made of
 */
export function pulumiCommand(
  stack: string | undefined,
  words: string,
  value?: string | number,
): string {
  const option = stack === undefined ? "" : ` --stack ${shellWord(stack)}`;
  if (value === undefined) return `pulumi ${words}${option}`;
  const argument = shellWord(String(value));
  // What begins with a hyphen would be taken for an option.
  return argument.startsWith("-") || argument.startsWith("'-")
    ? `pulumi ${words}${option} -- ${argument}`
    : `pulumi ${words} ${argument}${option}`;
}

/** The commands that change a stack's configuration and deploy it so, as one line. */
export function pulumiUpWith(
  stack: string | undefined,
  settings: Record<string, string | number>,
): string {
  const sets = Object.entries(settings).map(([key, value]) =>
    pulumiCommand(stack, `config set ${key}`, value),
  );
  return [...sets, pulumiCommand(stack, "up")].join(" && ");
}

/** A text as one word of a shell's command line. */
export function shellWord(text: string): string {
  return /^[\w.:/=+\-@,]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
