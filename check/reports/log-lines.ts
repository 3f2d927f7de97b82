/** Logs, as much of them as a person wants to read. */

const LONGEST_LINE = 200;
/** Frames of what serves the code, and of Node.js: nobody can mend anything there. */
const STRANGE_FRAME = /\sat .*\b(?:node:|aws-lambda-ric\b|web-preload\b)/;
/** A line of an error, or a frame of one. */
const OF_ERROR = /\b(?:ERROR|FATAL)\b|Error\b|\sat .*:\d+/;

/**
 * The lines that say most, in their order, and how many more there are: of too many, those of errors,
 * and then the first ones.
 */
export function shownLog(log: readonly string[], most: number): string[] {
  const own = log.filter((line) => !STRANGE_FRAME.test(line));
  const numbers = [...own.keys()];
  const [errors, others] = [true, false].map((isError) =>
    numbers.filter((at) => OF_ERROR.test(own[at] ?? "") === isError),
  );
  const chosen = new Set([...(errors ?? []), ...(others ?? [])].slice(0, most));
  const lines = own.filter((_, at) => chosen.has(at)).map(cut);
  const more = own.length - lines.length;
  return more > 0 ? [...lines, `and ${more} more lines, which the record has`] : lines;
}

function cut(line: string): string {
  return line.length > LONGEST_LINE ? `${line.slice(0, LONGEST_LINE)}…` : line;
}
