/** A refusal, with the type and the status that the service documents for it. */
export class AwsError extends Error {
  readonly type: string;
  readonly status: number;

  constructor(type: string, message: string, status = 400) {
    super(message);
    this.name = "AwsError";
    this.type = type;
    this.status = status;
  }
}

/** What a service says of a value that it does not take. */
export function invalid(message: string): AwsError {
  return new AwsError("InvalidParameterValueException", message);
}

export function notFound(what: string): AwsError {
  return new AwsError("ResourceNotFoundException", `${what} does not exist.`, 404);
}
