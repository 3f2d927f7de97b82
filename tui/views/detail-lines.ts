/** Everything that is known of one environment, as lines. */

import { printable } from "../../basics/printable.ts";
import { plural, seconds } from "../../experiment/reports/numbers.ts";
import type { GlobalData } from "../../handler/contract.ts";
import { clientColour } from "../screen/colours.ts";
import type { LogState } from "../session.ts";
import type { EnvironmentState, Invocation, Snapshot } from "../state.ts";
import { HEADING, type Line, toWidth, wrapText } from "../terminal/styled-text.ts";
import { type AtOnce, answerWords, atOnceByProcess, ordinalOf } from "./environment-words.ts";

export function detailLines(
  snapshot: Snapshot,
  environment: EnvironmentState,
  log: LogState,
  columns: number,
): Line[] {
  const last = environment.invocations.at(-1);
  return [
    ...identityLines(snapshot, environment, columns),
    [],
    heading("Invocations"),
    ...invocationLines(snapshot, environment),
    [],
    heading("globalData of the latest answer"),
    ...(last ? treeLines(snapshot, last.response.globalData) : []),
    [],
    heading("Log"),
    ...logLines(log, columns),
  ];
}

function heading(text: string): Line {
  return [{ text: ` ${text}`, ...HEADING }];
}

function identityLines(
  { labels }: Snapshot,
  { id, position, invocations }: EnvironmentState,
  columns: number,
): Line[] {
  const report = invocations.at(-1)?.response.environment;
  const served = invocations.map(({ response }) => response.environment);
  const distinct = (values: unknown[]) => [...new Set(values)].join(", ");
  const facts: [string, string][] = [
    ["log stream", id],
    ["process", `pid ${distinct(served.map((one) => one?.pid))}`],
    ["thread", distinct(served.map((one) => one?.threadId))],
    ["instance", distinct(served.map((one) => one?.instance))],
    ["initialized", initialized(report)],
    [
      "runtime",
      distinct([report?.runtime ?? "", `Node.js ${report?.nodeVersion}`].filter(Boolean)),
    ],
    ["machine", machine(report)],
  ];
  return [
    heading(`Environment ${position}, ${labels.get(id) ?? ""}`),
    ...facts.flatMap(([name, text]) =>
      wrapText(printable(text), columns - 18).map(
        (line, row): Line => [
          { text: `   ${row === 0 ? name : ""}`.padEnd(16), dim: true },
          { text: line },
        ],
      ),
    ),
  ];
}

type Report = Invocation["response"]["environment"];

function initialized(report: Report): string {
  if (!report) return "";
  // Anything may claim to be an answer, a moment that is none among it.
  const date = new Date(report.initializedAt);
  const at = Number.isNaN(date.getTime()) ? String(report.initializedAt) : date.toISOString();
  return report.initializationType === undefined ? at : `${at}, ${report.initializationType}`;
}

function machine(report: Report): string {
  if (!report) return "";
  const { architecture, memoryMb, region } = report;
  const memory = memoryMb === undefined ? [] : [`${memoryMb} MB`];
  return [architecture, ...memory, ...(region === undefined ? [] : [region])].join(", ");
}

function invocationLines(snapshot: Snapshot, environment: EnvironmentState): Line[] {
  const { invocations, earlier } = environment;
  const byRun = Map.groupBy(invocations, ({ run }) => run);
  const lines = [...byRun.values()].flatMap((answers) => {
    const atOnce = atOnceByProcess(answers);
    return answers.map((answer) => invocationLine(snapshot, answer, atOnce));
  });
  if (earlier === 0) return lines;
  return [[{ text: `   … ${plural(earlier, "earlier one")}, on the record`, dim: true }], ...lines];
}

function invocationLine({ clients }: Snapshot, invocation: Invocation, atOnce: AtOnce): Line {
  const { client, runIndex, sentAt, answeredAt, response } = invocation;
  const start = response.environment?.coldStart ? "cold" : "";
  const words = [start, answerWords(invocation, atOnce)].filter(Boolean).join(", ");
  return [
    { text: `   ${ordinalOf(invocation)}`.padEnd(9) },
    { text: toWidth(client, 14), colour: clientColour(clients, client) },
    { text: `  run ${runIndex + 1}`.padEnd(10), dim: true },
    { text: `${seconds(sentAt)} to ${seconds(answeredAt)}  `, dim: true },
    { text: words, colour: words.includes("mixed") ? "red" : "cyan" },
  ];
}

function treeLines({ clients: colours }: Snapshot, data: GlobalData): Line[] {
  const { counter, client, clients, dropped } = data;
  const name = (text: string) => ({
    text: `"${printable(text)}"`,
    colour: clientColour(colours, text),
  });
  const branch = (text: string) => ({ text: `   ${text}`, dim: true });
  return [
    [branch("├─ "), { text: `counter  ${counter}` }],
    [branch("├─ "), { text: "client   " }, name(client)],
    ...(dropped === undefined ? [] : [[branch("├─ "), { text: `dropped  ${dropped}` }]]),
    [branch("└─ "), { text: "clients" }],
    ...clients.map((one, index): Line => {
      return [branch(index === clients.length - 1 ? "   └─ " : "   ├─ "), name(one)];
    }),
  ];
}

function logLines(log: LogState, columns: number): Line[] {
  if ("words" in log) return indented(log.words, columns, true);
  if (log.lines.length === 0) return indented("It has logged nothing yet.", columns, true);
  return log.lines.flatMap((line) => indented(printable(line), columns, false));
}

function indented(text: string, columns: number, dim: boolean): Line[] {
  return wrapText(text, columns - 4).map((line): Line => [{ text: `   ${line}`, dim }]);
}
