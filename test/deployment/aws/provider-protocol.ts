/** What the stand-in provider and the stand-in AWS say to each other, as JSON over HTTP. */

/** The properties of a resource, as they travel: plain values, and {@link UNKNOWN} in previews. */
export type Properties = Record<string, unknown>;

/** Stands for a value that is known only once something else has been created. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** One question of the engine; the fields that a method does not need are absent. */
export interface ProviderRequest {
  method: "check" | "diff" | "create" | "update" | "delete" | "invoke";
  /** A resource's type, or a function's name. */
  type: string;
  /** The resource's name in the program. */
  name?: string;
  id?: string;
  /** Nothing is to be changed; the answer says what is known beforehand. */
  preview?: boolean;
  /** Of `check` and `diff` the old inputs, of the others the old outputs. */
  olds?: Properties;
  oldInputs?: Properties;
  news?: Properties;
}

export interface Failure {
  property: string;
  reason: string;
}

/** How one property changes; `replaces` when that takes a new resource. */
export interface Change {
  kind: "ADD" | "DELETE" | "UPDATE";
  replaces: boolean;
}

export interface ProviderAnswer {
  inputs?: Properties;
  failures?: Failure[];
  /** By the property's path, such as `environment.variables.GENERATION`. */
  changes?: Record<string, Change>;
  id?: string;
  outputs?: Properties;
}
