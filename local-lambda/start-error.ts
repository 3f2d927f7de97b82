/** The embedded Lambda cannot start as it is asked to. The message says what to do instead. */
export class StartError extends Error {
  override readonly name = "StartError";
}
