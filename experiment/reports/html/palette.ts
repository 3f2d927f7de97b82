/** How clients are told apart: by a colour, by a pattern where colours run out, and by their name. */

/** Light scheme: white text on it, and it on white, have a contrast of 4.5 and more. */
const LIGHT = [
  "#0b62a8",
  "#9a4a00",
  "#00694c",
  "#a3195b",
  "#5b3fb0",
  "#5c5700",
  "#00667a",
  "#4a5568",
];
/** Dark scheme: the text on it is dark. */
const DARK = [
  "#7cb8f5",
  "#f2a65e",
  "#63d4a9",
  "#f593c6",
  "#b9a8ff",
  "#d8d26a",
  "#66d3e8",
  "#b8c2d0",
];

const COLOURS = LIGHT.length;
/** A plain one and three patterns: after that colours and patterns repeat. */
export const PATTERNS = ["", "stripes", "dots", "grid"] as const;

/** Which colour and pattern a client has, by its place among the clients. */
export function looksOf(
  clients: readonly string[],
): Map<string, { colour: number; pattern: number }> {
  const names = [...new Set(clients)];
  return new Map(
    names.map((name, place) => [
      name,
      { colour: place % COLOURS, pattern: Math.floor(place / COLOURS) % PATTERNS.length },
    ]),
  );
}

/** The colours as custom properties `--client-0` and so on. */
export function paletteCss(scheme: "light" | "dark"): string {
  const colours = scheme === "light" ? LIGHT : DARK;
  return colours.map((colour, index) => `--client-${index}: ${colour};`).join(" ");
}

/** What gives an element its client's colour. */
export const PALETTE_CLASSES = Array.from(
  { length: COLOURS },
  (_, index) => `.client-${index} { --own: var(--client-${index}); }`,
).join("\n");
