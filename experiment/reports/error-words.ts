/** What a failure is called, and what helps, in the words of each user interface. */

import { plural } from "../../basics/counts.ts";
import { printableLine } from "../../basics/printable.ts";
import { pulumiCommand, pulumiUpWith, shellWord } from "../../basics/printed-commands.ts";
import { usdText } from "../../pricing/cost.ts";
import {
  asSentence,
  type ErrorFacts,
  type ErrorKind,
  ExperimentError,
  type RecordPurpose,
} from "../core/errors.ts";
import { formatDuration } from "../core/plan/duration.ts";
import { DATA_FOLDER_VARIABLE } from "../records/data-folder.ts";

export type UserInterface = "command line" | "screen";

export interface ErrorWords {
  /** What went wrong, as sentences. */
  message: string;
  /** What to do now, as one sentence. */
  nextStep: string;
}

type Words = readonly [message: string, nextStep: string];

const INSTALLING = "https://www.pulumi.com/docs/install/";
const TRY_NETWORK = "Check the network and your AWS credentials, and try again.";

const WORDS: { [Kind in ErrorKind]: (facts: ErrorFacts[Kind], on: UserInterface) => Words } = {
  "plan impossible": ({ obstacle }) => [
    `This plan cannot work here. ${obstacle}`,
    "Change the plan.",
  ],
  "control impossible": ({ obstacle }) => [
    `The control cannot be fired. ${obstacle}`,
    "Change the plan.",
  ],
  "nothing fired": () => ["Nothing was fired.", "Change the plan, or agree."],
  "cost not agreed": ({ usd, limitUsd }) => [
    `This plan costs ${usdText(usd)}, and from ${usdText(limitUsd)} on nothing is fired unasked.`,
    "Pass --yes to fire it.",
  ],
  "connection not opened": (facts) => [
    `Could not open connection ${facts.opened + 1} of ${facts.wanted} to ${facts.host}: ${facts.why}`,
    connectionStep(facts),
  ],
  "connection lost before the shot": ({ why }) => [
    `A connection did not last until the shot: ${why}`,
    "Lower the concurrency, and check that the target is up and leaves idle connections open.",
  ],
  "request not signed": ({ why }) => [
    `The request could not be signed: ${why}`,
    "Check your AWS credentials and fire again.",
  ],
  "function not answering": ({ functionName, waitedMs, why, command }) => [
    `The function ${functionName} did not answer within ${formatDuration(1_000 * Math.round(waitedMs / 1_000))}: ${why}`,
    `Wait some minutes and fire again, or see its state: ${command}`,
  ],

  "no AWS credentials": ({ why }) => [
    `There are no AWS credentials: ${why}`,
    'Sign in, such as with "aws sso login", or name a profile with AWS_PROFILE, and try again.',
  ],
  "no AWS credentials in time": ({ waitedMs }) => [
    `AWS credentials did not come within ${formatDuration(waitedMs)}`,
    'See what "aws sts get-caller-identity" waits for, or name another profile with AWS_PROFILE.',
  ],
  "log forbidden": ({ logGroupName, stack }) => [
    `The caller may not read the log ${logGroupName}`,
    "It needs logs:FilterLogEvents, which is part of " +
      `"${pulumiCommand(stack, "stack output", "callerPolicy")}".`,
  ],
  "log gone": ({ logGroupName }) => [
    `The log ${logGroupName} is gone`,
    "It went with its stack; only a stack that is still deployed can be cross-checked.",
  ],
  "log throttled": ({ logGroupName }) => [
    `CloudWatch Logs answers too many requests of this account to read ${logGroupName} as well`,
    "Try again in a minute.",
  ],
  "log not read": ({ logGroupName, why }) => [
    `The log ${logGroupName} could not be read: ${why}`,
    TRY_NETWORK,
  ],

  "embedded Lambda too large": ({ what, needs }, on) => [
    `${what} need ${needs}, which is more than this machine has left`,
    on === "screen"
      ? "Choose fewer environments or worker threads."
      : "Choose fewer with --environments or --workers.",
  ],
  "embedded Lambda not started": ({ why }) => [
    `The embedded Lambda did not start: ${why}`,
    'Run "npm ci" again and check that the temporary folder can be written to.',
  ],
  "embedded Lambda ended": ({ why }) => [
    ["The embedded Lambda has ended.", why ?? ""].join(" "),
    "Fire again: it is started anew.",
  ],

  "Pulumi not installed": () => [
    "The Pulumi CLI is not installed",
    `Install it from ${INSTALLING} and deploy a stack.`,
  ],
  "Pulumi not runnable": ({ complaint }) => [
    `The command pulumi does not run: ${complaint}`,
    `See what "pulumi version" says here, or install the CLI from ${INSTALLING}`,
  ],
  "Pulumi too old": ({ complaint }) => [
    `The Pulumi CLI is too old: ${complaint}`,
    `Update it to 3.252 or later: ${INSTALLING}`,
  ],
  "Pulumi late": ({ args, waitedMs }) => [
    `The Pulumi CLI did not answer within ${formatDuration(waitedMs)}`,
    tryYourself(args),
  ],
  "Pulumi failed": ({ args, complaint }) => [
    `The Pulumi CLI failed: ${complaint}`,
    tryYourself(args),
  ],
  "not logged in to Pulumi": () => ["The Pulumi CLI is not logged in", 'Run "pulumi login".'],
  "Pulumi state out of reach": () => [
    "The Pulumi CLI does not reach the service that keeps the stack's state",
    "Check the network, and try again.",
  ],
  "Pulumi state unreadable": ({ complaint }) => [
    `The Pulumi CLI cannot read the stack's state: ${complaint}`,
    'See whether it is there and you may read it; "pulumi whoami --verbose" says where it is kept.',
  ],
  "Pulumi passphrase missing": ({ complaint }) => [
    `The Pulumi CLI asks for the passphrase of the stack: ${complaint}`,
    `Update it (${INSTALLING}), or set PULUMI_CONFIG_PASSPHRASE as for "pulumi up".`,
  ],
  "Pulumi.yaml unusable": ({ complaint }) => [
    `Pulumi.yaml cannot be used: ${complaint}`,
    "Set it right, and try again.",
  ],
  "no stack selected": ({ variable }) => {
    if (variable === undefined) {
      const select = 'Run "pulumi stack select" or "pulumi stack init dev", then "pulumi up".';
      return ["No stack is selected", select];
    }
    return [
      variable === ""
        ? "No stack is selected, since the variable PULUMI_STACK is set to nothing"
        : `There is no stack ${variable}, which the variable PULUMI_STACK selects`,
      'Name another one in it, or unset it; "pulumi stack ls" shows the stacks of this project.',
    ];
  },
  "no such stack": ({ stack }) => [
    `There is no stack ${stack}`,
    'Run "pulumi stack ls" to see the stacks of this project.',
  ],
  "stack not deployed": ({ stack }) => [
    `The stack ${stack} is not deployed`,
    `Run "${pulumiCommand(stack, "up")}".`,
  ],
  "stack not finished": ({ stack }) => [
    `The stack ${stack} has no outputs yet: its first update is in progress, or was interrupted. ` +
      "What it has created may be billed by the hour (Managed Instances)",
    `Wait until it has ended, run "${pulumiCommand(stack, "up")}" again, ` +
      `or end it with "${pulumiCommand(stack, "destroy")}".`,
  ],
  "stack being updated": ({ stack }) => [
    `An update of the stack ${stack} is in progress`,
    "Wait until it has ended, and try again.",
  ],
  "model not deployed": ({ stack, missing, deployed, models }) => [
    `The stack ${stack} has no ${missing.join(" and no ")}; deployed: ${deployed.join(", ")}`,
    `To add what is missing, run "${pulumiUpWith(stack, { models: models.join(",") })}".`,
  ],
  "stack of another version": ({ stack, output, isMissing }) => [
    `The stack ${stack} was deployed by another version: its output ${output} is ` +
      (isMissing ? "missing" : "not what it should be"),
    `Run "${pulumiCommand(stack, "up")}" again.`,
  ],
  // Records and reports would tell what somebody wants kept secret, so it is not asked for.
  "secret outputs": ({ stack, outputs }) => {
    const [noun, are, them] =
      outputs.length === 1
        ? ["output", "is a secret, which is", "it"]
        : ["outputs", "are secrets, which are", "them"];
    return [
      `The ${noun} ${outputs.join(", ")} of the stack ${stack} ${are} not asked for`,
      `Export ${them} without pulumi.secret in index.ts, and run "${pulumiCommand(stack, "up")}".`,
    ];
  },

  "no home folder": () => [
    "There is no folder to keep records in: this user has no home folder",
    `Name a folder with the variable ${DATA_FOLDER_VARIABLE}.`,
  ],
  "record exists": ({ path }) => [
    `${path} exists, and a record is never overwritten`,
    "Name another one with --out.",
  ],
  "record not begun": ({ path, why, code }, on) => [
    `The record ${path} cannot be written: ${why}`,
    on === "screen"
      ? startElsewhere(code)
      : `Name a file with --out, or a folder with the variable ${DATA_FOLDER_VARIABLE}.`,
  ],
  "record not continued": ({ path, why, code }) => {
    const step = isDiskFull(code)
      ? "Make room on the disk and run again"
      : "Check that it is there and can be written to, and run again";
    return [`The record ${path} cannot be continued: ${why}`, `${step}; what was written is kept.`];
  },
  "record changed": ({ path, bytes }) => [
    bytes < 0
      ? `Somebody cut the record ${path} while it was written: ${-bytes} bytes of it are lost`
      : `Somebody wrote into the record ${path} while it was written: ${bytes} bytes in it are not its runner's`,
    "Run again, and leave the record alone until it is concluded.",
  ],
  "record gone": ({ path, why, keptAs }) => {
    const gone = `The record is gone from ${path}, and cannot be written there again: ${why}.`;
    return keptAs === undefined
      ? [gone, "Make room on the disk and run again."]
      : [`${gone} It was kept as ${keptAs}.`, `Read it with: npm run report -- ${keptAs}`];
  },
  "record in use": ({ path, purpose }) => [
    `${notDone(path, purpose)}: a runner may still be writing it`,
    "Wait until it is concluded, or until its runner is long gone.",
  ],
  "record in another form": ({ path, purpose, form }) => [
    `${notDone(path, purpose)}: ${form}, and not plain lines as this program writes them`,
    purpose === "continue"
      ? "Save it as lines of JSON in UTF-8, and name that file."
      : "Delete the file yourself.",
  ],
  "record not deleted": ({ why }) => [
    `The record could not be deleted: ${why}`,
    "Delete the file yourself.",
  ],
  "record not printed": ({ why, path }) => [
    `Standard output did not take everything: ${why}`,
    `The record is whole: npm run report -- ${path}`,
  ],
  "records not listed": ({ folder, why }) => [
    `The folder of records ${folder} cannot be read: ${why}`,
    `Make it readable, or name another one with the variable ${DATA_FOLDER_VARIABLE}.`,
  ],
  "record not found": ({ path }) => [`${path} does not exist`, "Check the name of the file."],
  "record unreadable": ({ record, why }) => [
    `${record} cannot be read as a record: ${why}`,
    "Check that it is a record of this program's version, and whole.",
  ],
  "no records in folder": ({ folder }) => [
    `${folder} holds no .log, .ndjson or .ndjson.gz`,
    "Bring the logs or records of all runners into it, or name a file, such as the record of a check.",
  ],
  "record not reportable": ({ record, why }) => [
    `${record} cannot be reported: ${why}`,
    "Name a record of one experiment, as `npm run experiment` writes it, or of one check.",
  ],
  "records not mergeable": () => [
    "The files are not the parts of one experiment, whose runners agree on plan, target and time",
    "Name the records of all its parts, and no other file; without --record, any are compared.",
  ],
  "record of a part": ({ path }) => [
    `${path} holds what some runners of the experiment fired, and the log what all of them did`,
    "Write the record of all parts with npm run report and its option --record, and ask of that one.",
  ],
  "record without a log": ({ path, isOfStack, stack }, on) => {
    const target = stack === undefined ? "stack" : `stack:${stack}`;
    return [
      isOfStack
        ? `${path} was recorded before records named the log`
        : `${path} is of an experiment that was not fired at a stack: no log of AWS knows of it`,
      on === "screen" ? "Fire again, at a stack." : `Fire again, with "--target ${target}".`,
    ];
  },

  "report exists": ({ path }) => [`${path} exists, and is not overwritten`, "Name another file."],
  "folder in use": ({ path }) => [
    `${path} is not empty, and nothing in it is overwritten`,
    "Name a new folder with --out.",
  ],
  "report not created": ({ path, why, code }, on) => [
    `${path} cannot be written: ${why}`,
    on === "screen" ? saveElsewhere(code) : "Name another file.",
  ],
  "report not written": ({ path, why, code }, on) => [
    `${path} cannot be written: ${why}`,
    on === "screen" ? saveElsewhere(code) : "Make room on the disk, or name another file.",
  ],
  "report not printed": ({ why }) => [
    `Standard output did not take everything: ${why}`,
    "Make room there, or name a file elsewhere with --out.",
  ],
};

/** @param on which user interface says it: what helps may be an option, or a key */
export function errorWords(error: unknown, on: UserInterface): ErrorWords {
  if (!(error instanceof ExperimentError)) {
    const message = asSentence(error instanceof Error ? error.message : String(error));
    return { message, nextStep: "This is a bug. What was recorded until then is kept." };
  }
  const wordsOf = WORDS[error.kind as ErrorKind] as (facts: unknown, on: UserInterface) => Words;
  const [message, nextStep] = wordsOf(error.facts, on);
  return { message: asSentence(message), nextStep };
}

/** Prints what a program failed with, in two lines that a terminal does not obey. */
export function printError(error: unknown): void {
  const { message, nextStep } = errorWords(error, "command line");
  console.error(`error: ${printableLine(message)}\n${printableLine(nextStep)}`);
}

/** What to do when a connection cannot be opened, by the code of the error beneath. */
const CONNECTION_STEPS: readonly [code: RegExp, nextStep: string][] = [
  [
    /^(ENOTFOUND|EAI_AGAIN)$/,
    "Check the name and that this machine is online; a stack may have been destroyed.",
  ],
  [
    /SELF_SIGNED|^UNABLE_TO_/,
    "If you trust it, name the file of its certificate in NODE_EXTRA_CA_CERTS and fire again.",
  ],
  [/^ERR_TLS_CERT_ALTNAME_INVALID$/, "Use a name that is on the certificate."],
  [/^CERT_HAS_EXPIRED$/, "Renew the target's certificate, or set this machine's clock."],
  [/^CERT_NOT_YET_VALID$/, "Set this machine's clock, or replace the target's certificate."],
  [/^ERR_SSL_(WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG)$/, "Try http:// instead of https://."],
  [/^E[MN]FILE$/, 'Lower the concurrency, or raise the limit of open files with "ulimit -n".'],
];

function connectionStep({ code, opened }: ErrorFacts["connection not opened"]): string {
  const known = CONNECTION_STEPS.find(([pattern]) => pattern.test(code));
  if (known) return known[1];
  return opened === 0
    ? "Check the address and that the target is up."
    : `Lower the concurrency: ${plural(opened, "connection")} could be opened.`;
}

function tryYourself(args: readonly string[]): string {
  return `Try "${["pulumi", ...args].map(shellWord).join(" ")}" yourself.`;
}

function notDone(path: string, purpose: RecordPurpose): string {
  return purpose === "continue"
    ? `The record ${path} cannot be continued`
    : "The record could not be deleted";
}

/** What a disk says that takes nothing more, from anybody or from this user. */
function isDiskFull(code: string): boolean {
  return ["ENOSPC", "EDQUOT", "EFBIG"].includes(code);
}

/** What helps the screen to record: it has no option that names a file. */
function startElsewhere(code: string): string {
  const elsewhere = `with another folder in the variable ${DATA_FOLDER_VARIABLE}.`;
  return isDiskFull(code)
    ? `Make room on the disk, or start the screen ${elsewhere}`
    : `Start the screen ${elsewhere}`;
}

/** What helps the screen to save a report, which it writes into the folder that it was started in. */
function saveElsewhere(code: string): string {
  return isDiskFull(code)
    ? "Make room on the disk, or start the screen in a folder on another one."
    : "Start the screen in a folder that can be written to.";
}
