/**
 * A failure that the person at the terminal can do something about. Anything else that is thrown
 * is a bug of this program.
 */
export class ExperimentError extends Error {
  override readonly name = "ExperimentError";
  /** What to do now, as one sentence. */
  readonly nextStep: string;

  constructor(message: string, nextStep: string, options?: ErrorOptions) {
    super(message, options);
    this.nextStep = nextStep;
  }
}

/** The innermost of an error's chain of causes; of several at once the first. */
export function rootCause(error: unknown): unknown {
  let current = error;
  while (current instanceof Error && current.cause instanceof Error) current = current.cause;
  if (current instanceof AggregateError && current.errors.length > 0) {
    return rootCause(current.errors[0]);
  }
  return current;
}

/** The innermost message: `fetch failed` alone helps nobody. */
export function rootMessage(error: unknown): string {
  const cause = rootCause(error);
  return cause instanceof Error ? cause.message || cause.name : String(cause);
}

/** A message as a sentence, so that another may follow. */
export function asSentence(message: string): string {
  const text = message.trim();
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
