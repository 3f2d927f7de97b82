/** Shows a recorded experiment by its observations: what it says of itself is only compared. */

import { ensureRegular, followRecord } from "../experiment/records/read-record.ts";
import { isConcluded, runnerNotes, verdictNotes } from "../experiment/reports/record-notes.ts";
import {
  type RecordedExperiment,
  recordedExperiment,
} from "../experiment/reports/recorded-experiment.ts";
import { controlWords } from "../experiment/reports/words.ts";
import { crossCheckNotice, type ExperimentStore } from "./store.ts";

/**
 * Feeds a record to the store, and concludes from it as a report does. Somebody may have edited its
 * verdict lines, so that they are not shown.
 *
 * @param signal stops the reading; what was read until then is shown
 * @throws ExperimentError when the file cannot be read, or is no record of one experiment
 */
export async function replayRecord(
  path: string,
  store: ExperimentStore,
  signal: AbortSignal,
): Promise<void> {
  await ensureRegular(path);
  for await (const line of followRecord(path, store.fold)) {
    if (signal.aborted) {
      store.set({ notice: "Reading was stopped: this is a part of it." });
      return;
    }
    if (line.type === "run") store.set({ recorded: line });
    if (line.type === "run" || line.type === "observation") store.show(line);
  }
  const recorded = recordedExperiment(path, store.fold);
  const { id, experiment, control, crossChecks } = recorded;
  if (experiment) {
    store.show({ type: "verdict", experiment: id, run: null, ...experiment.conclusion });
  }
  // The gravest first: there is room for few words.
  const notices = [
    ...crossChecks.slice(-1).map(crossCheckNotice),
    ...(control ? [controlWords(control)] : []),
    ...notesOn(recorded),
  ];
  if (notices.length > 0) store.set({ notice: notices.join(" ") });
}

function notesOn(recorded: RecordedExperiment): string[] {
  const { experiment, readerNotes } = recorded;
  const rest = [...(experiment ? runnerNotes(experiment) : []), ...readerNotes];
  if (!isConcluded(recorded)) return ["This record ends before its experiment did.", ...rest];
  return [...verdictNotes(recorded), ...rest];
}
