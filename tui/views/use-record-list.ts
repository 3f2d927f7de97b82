/**
 * The list of records, and where one stands in it. It may change while it is looked at, so that a
 * record is held by its path: what stands at its index a moment later is another one.
 */

import { useEffect, useRef } from "react";
import type { RecordSummary } from "../../experiment/records/history.ts";
import type { Records } from "../records.ts";
import { useCell } from "../screen/use-cell.ts";

export interface RecordList {
  /** The newest first; absent until they have been read. */
  records: readonly RecordSummary[] | undefined;
  /** The index of the selected one, from 0. */
  selected: number;
  /** The one that the user is asked about, as long as it is listed. */
  asked: RecordSummary | undefined;
  /** The selected one as it is now, however many keys came since the last frame. */
  chosen: () => RecordSummary | undefined;
  /** Selects the record so many rows further down, or the nearest one that there is. */
  selectBy: (step: number) => void;
  /** Asks whether a record shall be deleted; nothing is asked any more without one. */
  ask: (record: RecordSummary | undefined) => void;
  /** Deletes a record, takes it from the list at once, and reads the others anew. */
  remove: (record: RecordSummary) => Promise<void>;
}

/** Lists the records when the view opens, and whenever one was deleted. */
export function useRecordList(store: Records): RecordList {
  const records = useCell<readonly RecordSummary[] | undefined>(() => undefined);
  const place = useCell<Place>(() => ({ path: undefined, index: 0 }));
  const asked = useCell<string | undefined>(() => undefined);
  const listings = useRef(0);

  const show = (found: readonly RecordSummary[]) => {
    records.set(found);
    place.set(placeAt(found, indexIn(found, place.current)));
    if (!isIn(found, asked.current)) asked.set(undefined);
  };
  const list = async () => {
    listings.current += 1;
    const listing = listings.current;
    const found = await store.list();
    // One that began earlier may have read what is deleted by now.
    if (listing === listings.current) show(found);
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: what lists lives as long as the view
  useEffect(() => void list(), [store]);

  const listed = () => records.current ?? [];
  const selected = () => indexIn(listed(), place.current);
  return {
    records: records.current,
    selected: selected(),
    asked: listed().find(({ path }) => path === asked.current),
    chosen: () => listed()[selected()],
    selectBy: (step) => place.set(placeAt(listed(), selected() + step)),
    ask: (record) => asked.set(record?.path),
    remove: async ({ path }) => {
      asked.set(undefined);
      const isGone = await store.remove(path);
      if (isGone) show(listed().filter((record) => record.path !== path));
      await list();
    },
  };
}

interface Place {
  path: string | undefined;
  /** Where it was when it was last seen. */
  index: number;
}

/** Where a record stands now; of one that is gone, where it was. */
function indexIn(records: readonly RecordSummary[], { path, index }: Place): number {
  const found = records.findIndex((record) => record.path === path);
  return found >= 0 ? found : Math.max(0, Math.min(records.length - 1, index));
}

function placeAt(records: readonly RecordSummary[], wanted: number): Place {
  const index = Math.max(0, Math.min(records.length - 1, wanted));
  return { path: records[index]?.path, index };
}

function isIn(records: readonly RecordSummary[], path: string | undefined): boolean {
  return records.some((record) => record.path === path);
}
