/** From what a person typed to a target that can be fired at. */

import { MODELS, type Model } from "../../local-lambda/function-configuration.ts";
import type { Target } from "../core/target.ts";
import { openLocalTarget } from "./local-target.ts";
import { openUrlTarget } from "./url-target.ts";

/** Which target is wanted. */
export type TargetChoice = { kind: "local"; model: Model } | { kind: "url"; url: URL };

export { MODELS, type Model };

/**
 * Reads `local` or an http(s) URL.
 *
 * @returns the choice, or what is wrong with the text
 */
export function parseTarget(text: string, model: Model): TargetChoice | string {
  if (text === "local") return { kind: "local", model };
  const url = URL.parse(text);
  if (url?.protocol === "http:" || url?.protocol === "https:") {
    if (url.username || url.password)
      return "a URL with a user name or a password is not supported";
    url.hash = "";
    return { kind: "url", url };
  }
  return `"${text}" is no target: use local, or a URL such as https://….lambda-url.eu-west-1.on.aws/`;
}

/** Opens the chosen target; the caller closes it. */
export async function openTarget(choice: TargetChoice): Promise<Target> {
  return choice.kind === "local"
    ? openLocalTarget({ model: choice.model })
    : openUrlTarget(choice.url);
}
