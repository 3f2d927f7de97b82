/** An end for pastes that have none. */

import { useStdin } from "ink";
import { useEffect } from "react";

/**
 * What terminals put around a paste.
 * https://invisible-island.net/xterm/ctlseqs/ctlseqs.html#h2-Bracketed-Paste-Mode
 */
const START = "\u001b[200~";
const END = "\u001b[201~";
const CTRL_C = "\u0003";

/** After so long without another byte a paste is over, in milliseconds. */
const SILENCE_MS = 2_000;

/**
 * Ends a paste of which nothing more comes, and at once when Ctrl-C is pressed: Ink keeps what it
 * reads until the end of the paste, and every key after it. To be used where keys are, after them:
 * it looks at what Ink reads, and reads nothing itself.
 */
export function usePasteEnd(): void {
  const { stdin } = useStdin();
  useEffect(() => {
    let [isOpen, tail] = [false, ""];
    let timer: NodeJS.Timeout | undefined;
    const give = (text: string) => {
      if (stdin.readable) stdin.unshift(text);
    };
    const watch = (chunk: Buffer | string) => {
      clearTimeout(timer);
      const text = `${tail}${chunk}`;
      const [start, end] = [text.lastIndexOf(START), text.lastIndexOf(END)];
      if (start !== end) isOpen = start > end;
      // A mark may be cut in two, and none is to be seen twice.
      tail = text.slice(1 - START.length);
      if (!isOpen) return;
      if (text.endsWith(CTRL_C)) timer = setTimeout(give, 0, END + CTRL_C);
      else timer = setTimeout(give, SILENCE_MS, END);
    };
    stdin.on("data", watch);
    return () => {
      clearTimeout(timer);
      stdin.off("data", watch);
    };
  }, [stdin]);
}
