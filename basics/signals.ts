/** How the programs of this project are asked to end. */

/** Ctrl-C, the system's, and that of a terminal that is closed. */
export const ENDING_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * The same signal again within so many milliseconds is the same wish: Ctrl-C goes to all programs of
 * a terminal, and npm hands on what it got (https://github.com/npm/cli/issues/5021); a terminal that
 * is closed tells the shell, which tells all as well.
 */
const ECHO_MS = 300;
/** How often this program checks that npm is still there, in milliseconds. */
const WATCH_MS = 500;

/**
 * Sends a signal; what has ended already is left alone.
 *
 * @param id of a process, or the negative one of a group
 */
export function signalIfThere(id: number, signal: NodeJS.Signals): void {
  try {
    process.kill(id, signal);
  } catch {
    // Nothing of it is left.
  }
}

type Listener = (signal: NodeJS.Signals, number: number) => void;

const listeners = new Set<Listener>();
/** When each signal came last. */
const cameAt = new Map<NodeJS.Signals, number>();

/**
 * Listens to the signals that ask this program to end.
 *
 * @returns what leaves them to others
 */
export function onEndingSignals(listener: Listener): () => void {
  if (listeners.size === 0) for (const signal of ENDING_SIGNALS) process.on(signal, dispatch);
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) for (const signal of ENDING_SIGNALS) process.off(signal, dispatch);
  };
}

/**
 * Ends this program in order at a signal, and at once when the same one comes again.
 *
 * @param atOnce what ends it then; by default the signal does, as if nobody had listened
 */
export function endInOrder(end: Listener, atOnce?: () => void): void {
  const came = new Set<NodeJS.Signals>();
  const leave = onEndingSignals((signal, number) => {
    if (!came.has(signal)) {
      came.add(signal);
      end(signal, number);
    } else if (atOnce) {
      atOnce();
    } else {
      leave();
      process.kill(process.pid, signal);
    }
  });
}

function dispatch(signal: NodeJS.Signals, number: number): void {
  const since = performance.now() - (cameAt.get(signal) ?? Number.NEGATIVE_INFINITY);
  if (since < ECHO_MS) return;
  for (const listener of [...listeners]) listener(signal, number);
  // What they did may have taken its time.
  cameAt.set(signal, performance.now());
}

/**
 * Ends this program with the npm that started it, if one did. npm hands SIGINT and SIGTERM on, and
 * cannot hand SIGKILL on: so this program checks whether npm is still there.
 */
export function endWithNpm(): void {
  if (!isStartedByNpm()) return;
  const npm = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === npm) return;
    clearInterval(watch);
    // A program that is ending already is not asked again.
    if (cameAt.size === 0) process.kill(process.pid, "SIGTERM");
  }, WATCH_MS).unref();
}

/**
 * Whether the parent is npm, or another package manager that runs scripts: they all say which script
 * it is, and the scripts of this project replace the shell by the program. What the program starts
 * inherits the variable, and is another program.
 */
export function isStartedByNpm(): boolean {
  const [command, ...words] = process.env.npm_lifecycle_script?.split(" ") ?? [];
  const [, program = ""] = process.argv;
  return command === "exec" && words.some((word) => program.endsWith(`/${word}`));
}
