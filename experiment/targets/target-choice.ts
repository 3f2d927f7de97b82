/** Which target is wanted, before anything is opened. */

import type { Model } from "../../basics/models.ts";

/** Sizes of the embedded Lambda; where one is absent, its model's default holds. */
export interface LocalSizes {
  /** Environments that are started beforehand. */
  environments?: number;
  /** Worker threads of an environment. */
  workers?: number;
  /** Requests that an environment takes at once. */
  maxConcurrency?: number;
}

export type TargetChoice =
  | ({ kind: "local"; model: Model } & LocalSizes)
  /** Without a name: the selected stack; without a model: the first that it has. */
  | { kind: "stack"; stack?: string; model?: Model }
  | { kind: "url"; url: URL };

/** What a verdict reached there is worth, as one sentence. */
export const PROVES: Record<TargetChoice["kind"], string> = {
  local: "Embedded Lambda: shows how the model behaves, proves nothing about AWS.",
  stack: "Deployed on AWS: holds for this function, its region and configuration.",
  url: "A URL: shows how what answers there behaves, whatever it is.",
};

/** What each model does, as one sentence. */
export const MODEL_WORDS: Record<Model, string> = {
  "on-demand": "One request at a time in a process, as the default is.",
  "managed-instances": "Many requests in each worker thread of a process.",
  "web-function": "Many requests behind one HTTP server, in one process.",
};

/** The model of a target, where it is known before it is opened. */
export function modelOf(target: TargetChoice): Model | undefined {
  return target.kind === "url" ? undefined : target.model;
}

/**
 * Reads `local`, `stack`, `stack:NAME` or an http(s) URL.
 *
 * @param model that is wanted there; a URL has none
 * @returns the choice, or what is wrong with the text
 */
export function parseTarget(text: string, model?: Model): TargetChoice | string {
  if (text === "local") return { kind: "local", model: model ?? "on-demand" };
  const [, stack] = /^stack(?::(.+))?$/.exec(text) ?? [];
  if (text === "stack" || stack !== undefined) {
    return { kind: "stack", ...(stack !== undefined && { stack }), ...(model && { model }) };
  }
  const url = URL.parse(text);
  if (url?.protocol === "http:" || url?.protocol === "https:") {
    if (url.username || url.password)
      return "a URL with a user name or a password is not supported";
    url.hash = "";
    return { kind: "url", url };
  }
  if (/^[\w.-]+:\d+/.test(text)) {
    return `"${text}" is no target: a URL begins with http:// or https://, such as http://${text}`;
  }
  return `"${text}" is no target: use local, stack, or a URL such as https://….lambda-url.eu-west-1.on.aws/`;
}
