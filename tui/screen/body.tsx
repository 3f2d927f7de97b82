/** The body: nothing yet, or the run that is being fired or was fired last. */

import { Box, Text } from "ink";
import { formatDuration } from "../../experiment/core/duration.ts";
import { inWords, seconds } from "../../experiment/reports/numbers.ts";
import type { RunState, Snapshot } from "../store.ts";
import { CLIENT_WIDTH, type LaneRow, LEFT_WIDTH, laneRows, toWidth } from "./lanes.ts";
import { axisEnd, axisLabels, bar, type TimeAxis } from "./time-axis.ts";

interface Props {
  snapshot: Snapshot;
  columns: number;
  /** Rows that the body may take. */
  height: number;
}

export function Body({ snapshot, columns, height }: Props) {
  const { run, plan } = snapshot;
  if (!run) return <Welcome plan={plan} activity={snapshot.activity} />;
  const now = run.wallMs ?? performance.now() - run.shotAt;
  const rows = laneRows(snapshot, now);
  const visible = rows.length > height - 1 ? rows.slice(0, height - 2) : rows;
  const hidden = rows.length - visible.length;
  const width = Math.max(10, columns - LEFT_WIDTH - CLIENT_WIDTH - 10);
  const axis = { width, endMs: axisEnd(plan.holdMs, now) };
  return (
    <Box flexDirection="column">
      <Box>
        <Text bold>
          {toWidth(` ${runTitle(snapshot, run, now)}`, LEFT_WIDTH + CLIENT_WIDTH + 1)}
        </Text>
        <Text dimColor>{axisLabels(axis)}</Text>
      </Box>
      {visible.map((row) => (
        <Row key={row.key} row={row} axis={axis} columns={columns} />
      ))}
      {hidden > 0 && <Text dimColor>{`    … ${inWords(hidden)} more rows`}</Text>}
    </Box>
  );
}

function Welcome({ plan, activity }: Pick<Snapshot, "plan" | "activity">) {
  const steps = `${plan.steps} times ${formatDuration(plan.holdMs / plan.steps)}`;
  return (
    <Box flexDirection="column" paddingX={3} paddingY={1}>
      <Text>
        {activity === "idle" ? "Nothing fired yet. " : "Opening connections … "}
        {`${inWords(plan.stages[0]?.concurrency ?? 0)} requests leave at the same instant; each waits `}
        {`${steps} in the handler. Who shares a process with whom?`}
      </Text>
    </Box>
  );
}

function runTitle({ plan, activity }: Snapshot, run: RunState, now: number): string {
  const requests = plan.stages[run.index]?.requests ?? 0;
  return [
    `run ${run.index + 1} of ${plan.stages.length}`,
    ...(activity === "stopping" ? ["stopping"] : []),
    `${inWords(run.answered)}/${inWords(requests)} answered`,
    seconds(now),
  ].join(" · ");
}

function Row({ row, axis, columns }: { row: LaneRow; axis: TimeAxis; columns: number }) {
  if (row.kind === "globals") return <Text>{toWidth(`    ${row.left}`, columns - 1)}</Text>;
  return (
    <Box>
      <Text>{toWidth(` ${row.left}`, LEFT_WIDTH)} </Text>
      <Text color="cyan">{row.client}</Text>
      <Text dimColor={row.kind === "note"}>
        {row.bar && row.kind === "lane"
          ? bar(axis, row.bar.from, row.bar.until, row.bar.open).padEnd(axis.width)
          : toWidth(row.right, axis.width)}
      </Text>
      {row.kind === "lane" && <Text color="red">{row.right && ` ${row.right}`}</Text>}
    </Box>
  );
}
