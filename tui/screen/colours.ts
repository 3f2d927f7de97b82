/** Colours by name, of the terminal's own sixteen: they suit its background, light or dark. */

import type { Verdict } from "../../experiment/core/record-lines.ts";

/** Red and plain yellow are left out: they stand for sharing and for doubt. */
const CLIENT_COLOURS = [
  "cyan",
  "magenta",
  "green",
  "blueBright",
  "yellowBright",
  "cyanBright",
  "magentaBright",
  "greenBright",
  "blue",
];

export const VERDICT_COLOURS: Record<Verdict, string> = {
  isolated: "green",
  shared: "red",
  inconclusive: "yellow",
};

/** A client's colour, the same in the whole session. It never says what words do not. */
export function clientColour(clients: ReadonlyMap<string, number>, name: string): string {
  const number = clients.get(name) ?? 0;
  return CLIENT_COLOURS[number % CLIENT_COLOURS.length] ?? "";
}
