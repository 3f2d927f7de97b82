/** The signals that ask a program to end: Ctrl-C, the system's, and that of a terminal that is closed. */
export const ENDING_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
