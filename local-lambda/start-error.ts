/** Why the embedded Lambda cannot start, as kinds with their facts; start-words.ts words them. */

export interface StartErrorFacts {
  "no folder": { folder: string; isFile: boolean };
  "no handler name": { handler: string };
  /** `there` are files of the folder. */
  "no handler file": {
    handler: string;
    folder: string;
    names: readonly string[];
    there: readonly string[];
  };
  "no server file": { file: string; folder: string };
  /** What the system says, which names the file, as a sentence without its full stop. */
  "unreadable code": { lack: string };
  "no temporary files": { folder: string; reason: string };
  "not initialized": { errorType: string; errorMessage: string };
  "no credentials": { variable: string };
  "port taken": { port: number };
  "port not allowed": { port: number };
}

/** The embedded Lambda cannot start as it is asked to. */
export class StartError<Kind extends keyof StartErrorFacts = keyof StartErrorFacts> extends Error {
  override readonly name = "StartError";
  readonly kind: Kind;
  readonly facts: StartErrorFacts[Kind];

  constructor(kind: Kind, facts: StartErrorFacts[Kind], options?: ErrorOptions) {
    super(kind, options);
    this.kind = kind;
    this.facts = facts;
  }
}
