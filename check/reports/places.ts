/** Places in an answer, as programs and people read them. */

/**
 * A place in an answer, as a JSON pointer: `/status`, `/headers/NAME`, `/body` and what is in it. At its
 * end {@link NAMES} stands for the names in an object that are not always the same.
 */
export type Place = string;

export const NAMES = "/*";
export const NAMES_AT_END = /\/\*$/;

/** A name as a step of a place. https://www.rfc-editor.org/rfc/rfc6901#section-3 */
export function escaped(name: string): string {
  return name.replaceAll("~", "~0").replaceAll("/", "~1");
}

/** Whether a place is one of these, or in one of them. */
export function isWithin(place: Place, places: ReadonlySet<Place>): boolean {
  const steps = place.split("/");
  return steps.some((_, at) => places.has(steps.slice(0, at + 1).join("/")));
}

/** A place as a person reads it: `status`, `header set-cookie`, `body /user/name`. */
export function placeWords(place: Place): string {
  if (place.endsWith(NAMES)) return `names in ${placeWords(place.replace(NAMES_AT_END, ""))}`;
  const [, part = "", ...steps] = place.split("/");
  if (part === "headers") return `header ${steps[0] ?? ""}`.trim();
  return steps.length === 0 ? part || "all of it" : `${part} /${steps.join("/")}`;
}
