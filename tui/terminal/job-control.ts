/** The shell's turn: the terminal is given back before the program stops, and taken when it goes on. */

import { useApp } from "ink";
import { useEffect, useReducer } from "react";

/** Asks this program to stop, as the terminal would on Ctrl-Z, were it not in raw mode. */
export function stop(): void {
  process.kill(process.pid, "SIGTSTP");
}

/**
 * Lets the program be stopped and continued by whoever wants to.
 *
 * @returns how often it has come back; each time all of the screen must be drawn again
 */
export function useJobControl(): number {
  const { suspendTerminal } = useApp();
  const [resumed, resume] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    const onStop = () => void suspendTerminal(stopProcessGroup).then(listen).then(resume);
    // SIGSTOP comes unannounced: the shell has had the terminal without having been given it.
    const onContinue = () => void suspendTerminal(() => {}).then(resume);
    const listen = () => {
      process.on("SIGTSTP", onStop);
      process.on("SIGCONT", onContinue);
    };
    const ignore = () => {
      process.off("SIGTSTP", onStop);
      process.off("SIGCONT", onContinue);
    };
    /** The shell waits for all of the group, such as npm; nobody but it may hear of this stop. */
    function stopProcessGroup(): void {
      ignore();
      process.kill(0, "SIGTSTP");
    }
    listen();
    return ignore;
  }, [suspendTerminal]);
  return resumed;
}
