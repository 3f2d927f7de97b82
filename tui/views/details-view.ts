/** Everything that is known of one environment. */

import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { createElement as h, useEffect, useState } from "react";
import { plural } from "../../basics/counts.ts";
import { printable } from "../../basics/printable.ts";
import type { EnvironmentState, PlacedAnswer } from "../../experiment/records/fold.ts";
import { seconds } from "../../experiment/reports/numbers.ts";
import type { EnvironmentReport, GlobalData } from "../../handler/contract.ts";
import type { LogState, Session } from "../session.ts";
import type { Snapshot } from "../store.ts";
import type { Binding } from "../terminal/keys.ts";
import {
  clientColour,
  entryLines,
  HEADING,
  type Line,
  paragraph,
  toWidth,
} from "../terminal/styled-text.ts";
import { answerWords, atOnceByProcess, ordinalOf, reportOf } from "./environment-words.ts";
import { commonBindings } from "./key-bindings.ts";
import { ScrolledPage, type ViewProps } from "./view-frame.ts";

/** How often the log is asked for, while it is looked at. */
const REFRESH_MS = 1_000;

export function DetailsView({ environment: id, ...view }: ViewProps & { environment: string }) {
  const { session, snapshot, layout } = view;
  const environment = snapshot.environments.find((candidate) => candidate.id === id);
  const log = useLog(session, environment?.logStream ?? id);
  const back = () => view.go({ name: "run" });
  const bindings: Binding[] = [
    { on: "leftArrow", words: "← back", run: back },
    { on: "escape", run: back },
    ...commonBindings(view),
  ];
  const lines = environment
    ? detailLines(snapshot, environment, log, layout.columns)
    : [[{ text: " This environment has ended." }]];
  return h(ScrolledPage, { view, lines, bindings });
}

/** Follows what an environment logs; renders only when there is something new. */
function useLog(session: Session, logStream: string): LogState {
  const [log, setLog] = useState<LogState>({ words: "Reading …" });
  useEffect(() => {
    const read = async () => {
      const next = await session.readLog(logStream);
      setLog((current) => (isDeepStrictEqual(current, next) ? current : next));
    };
    void read();
    const timer = setInterval(read, REFRESH_MS);
    return () => clearInterval(timer);
  }, [session, logStream]);
  return log;
}

function detailLines(
  snapshot: Snapshot,
  environment: EnvironmentState,
  log: LogState,
  columns: number,
): Line[] {
  const { position, invocations, logStream } = environment;
  const last = invocations.at(-1);
  assert.ok(last, "an environment is known by an answer");
  const { globalData } = last.response;
  return [
    heading(`Environment ${position}, ${snapshot.labels.get(environment.id)}`),
    ...factsOf(logStream, invocations.map(reportOf), reportOf(last)).flatMap(([name, fact]) =>
      entryLines({ text: `   ${name}`, dim: true }, { text: printable(fact) }, columns, 16),
    ),
    [],
    heading("Invocations"),
    ...invocationLines(snapshot, environment),
    [],
    heading("globalData of the latest answer"),
    ...treeLines(globalData, (name) => clientColour(snapshot.clients, name)),
    [],
    heading("Log"),
    ...logLines(log, columns),
  ];
}

function heading(text: string): Line {
  return [{ text: ` ${text}`, ...HEADING }];
}

/** What the answers say of their environment: all of them, and the last one. */
function factsOf(
  logStream: string,
  reports: readonly EnvironmentReport[],
  last: EnvironmentReport,
): [name: string, fact: string][] {
  const { initializedAt, initializationType, runtime, nodeVersion } = last;
  const { architecture, memoryMb, region } = last;
  // Anything may claim to be an answer, a moment that is none among it.
  const date = new Date(initializedAt);
  const at = Number.isNaN(date.getTime()) ? String(initializedAt) : date.toISOString();
  const memory = memoryMb === undefined ? undefined : `${memoryMb} MB`;
  const list = (...values: unknown[]) => [...new Set(values)].filter(Boolean).join(", ");
  return [
    ["log stream", logStream],
    ...(last.id === logStream ? [] : [["identity", last.id] as [string, string]]),
    ["process", `pid ${list(...reports.map(({ pid }) => String(pid)))}`],
    ["thread", list(...reports.map(({ threadId }) => String(threadId)))],
    ["instance", list(...reports.map(({ instance }) => instance))],
    ["initialized", list(at, initializationType)],
    ["runtime", list(runtime, `Node.js ${nodeVersion}`)],
    ["machine", list(architecture, memory, region)],
  ];
}

function invocationLines({ clients }: Snapshot, environment: EnvironmentState): Line[] {
  const { invocations, earlier } = environment;
  // Runs are counted anew in each experiment, so a blank line parts them.
  const byExperiment = Map.groupBy(invocations, ({ experiment }) => experiment);
  const lines = [...byExperiment.values()].flatMap((ofOne, index): Line[] => {
    const byRun = Map.groupBy(ofOne, ({ run }) => run);
    const rows = [...byRun.values()].flatMap((answers) => {
      const atOnce = atOnceByProcess(answers);
      return answers.map((answer) => invocationLine(answer, answerWords(answer, atOnce), clients));
    });
    return index > 0 ? [[], ...rows] : rows;
  });
  if (earlier === 0) return lines;
  return [[{ text: `   … ${plural(earlier, "earlier one")}, on the record`, dim: true }], ...lines];
}

function invocationLine(
  invocation: PlacedAnswer,
  words: string,
  clients: Snapshot["clients"],
): Line {
  const { client, runIndex, sentAt, answeredAt } = invocation;
  const start = reportOf(invocation).coldStart ? "cold" : "";
  return [
    { text: `   ${ordinalOf(invocation)}`.padEnd(9) },
    { text: toWidth(client, 14), colour: clientColour(clients, client) },
    { text: `  run ${runIndex + 1}`.padEnd(10), dim: true },
    { text: `${seconds(sentAt)} to ${seconds(answeredAt)}  `, dim: true },
    {
      text: [start, words].filter(Boolean).join(", "),
      colour: words === "mixed" ? "red" : "cyan",
    },
  ];
}

function treeLines(
  { counter, client, clients, dropped }: GlobalData,
  colourOf: (name: string) => string,
): Line[] {
  const name = (text: string) => ({ text: `"${printable(text)}"`, colour: colourOf(text) });
  const branch = (text: string) => ({ text: `   ${text} `, dim: true });
  return [
    [branch("├─"), { text: `counter  ${counter}` }],
    [branch("├─"), { text: "client   " }, name(client)],
    ...(dropped === undefined ? [] : [[branch("├─"), { text: `dropped  ${dropped}` }]]),
    [branch("└─"), { text: "clients" }],
    ...clients.map((one, index): Line => {
      return [branch(index === clients.length - 1 ? "   └─" : "   ├─"), name(one)];
    }),
  ];
}

function logLines(log: LogState, columns: number): Line[] {
  const lines = "lines" in log ? log.lines.map(printable) : [];
  const words = "words" in log ? log.words : "It has logged nothing yet.";
  if (lines.length === 0) return paragraph(words, columns - 4, 3, { dim: true });
  return lines.flatMap((line) => paragraph(line, columns - 4, 3, {}));
}
