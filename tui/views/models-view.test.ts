import { expect, test } from "vitest";
import { MODELS } from "../../basics/models.ts";
import { equalStages, referencePlan } from "../../experiment/core/plan/plan.ts";
import type { RecordLine } from "../../experiment/core/record-lines.ts";
import { mostAtOnce } from "../../experiment/core/verdict/conclude.ts";
import { burst, recordLines } from "../../test/report/records.ts";
import { storeOf, textsOf } from "../../test/screen/store.ts";
import type { Snapshot } from "../store.ts";
import { modelsLines } from "./models-view.ts";

const PLAN = { ...referencePlan, stages: equalStages(1, 5, 5, 0), holdMs: 1_000 };
const ISOLATED = recordLines({ runs: [burst(5, (index) => index)] });
const SHARED = recordLines({ runs: [burst(5, () => 0)] });

/** Each model with the lines of its record that have come. */
function compared(...records: readonly (readonly RecordLine[])[]): Snapshot[] {
  return MODELS.map((model, index) => {
    const store = storeOf(model, PLAN);
    const { runs } = store.fold.experiment;
    for (const line of records[index] ?? []) store.take(line);
    store.set({ mostAtOnce: mostAtOnce(runs) });
    return store.current;
  });
}

const shown = (models: readonly Snapshot[], columns: number, bodyRows: number) =>
  textsOf(modelsLines(models, { columns, bodyRows }));

test("models stand in columns, each with its lanes and the verdict below them", () => {
  const texts = shown(compared(ISOLATED, SHARED, SHARED), 120, 12);
  expect(texts).toHaveLength(12);
  expect(texts[0]).toMatch(/^ on-demand +managed-instances +web-function$/);
  expect(texts[2]).toMatch(/^ 1 \S+ +●━+● +Ana +1 \S+ +●━+● +Ana +\S/);
  expect(texts[3]).toMatch(/^ 2 \S+ +●━+● +Barbara +●━+● +Barbara/);
  expect(texts[7]).toMatch(/^ ISOLATED {2}5 environments, .* SHARED {2}1 environment, .* SHARED/);
  for (const text of texts) expect(text.length).toBeLessThan(120);
});

test("where there is no room for columns they are blocks, and those that wait take a line each", () => {
  const [run] = ISOLATED;
  const texts = shown(compared(run ? [run] : []), 80, 10);
  expect(texts).toHaveLength(1 + 5 + 2);
  expect(texts[0]).toMatch(/^ on-demand {2}run 1 of 1 · 0 of 5 · /);
  expect(texts[1]).toMatch(/^ {10}●━*╸? +Ana$/);
  expect(texts.slice(-2)).toEqual([" managed-instances  waits", " web-function  waits"]);
  const ended = shown(compared(ISOLATED, SHARED, SHARED), 80, 12);
  expect(ended).toHaveLength(12);
  expect(ended[0]).toMatch(/^ on-demand {2}ISOLATED {2}5 environments, 1 at once, below 53 %$/);
  expect(ended.slice(3, 5)).toEqual([
    " … 3 more",
    expect.stringMatching(
      /^ managed-instances {2}SHARED {2}1 environment, 5 at once, globals shared$/,
    ),
  ]);
});

test("what a model met, or may, stands in its place, in one line where there is no room for more", () => {
  const cautions = ["A first burst may be queued, or spread over two environments."];
  const noted = compared(ISOLATED, SHARED, SHARED).map((model) => ({ ...model, cautions }));
  const blocks = shown(noted, 80, 12);
  expect(blocks).toHaveLength(12);
  expect(blocks[1]).toBe(` NOTE  ${cautions}`);
  const columns = shown(noted, 120, 11);
  expect(columns[9]).toMatch(/^ NOTE {2}A first burst may be queued, or +NOTE/);
  expect(columns[10]).toMatch(/^ spread over two environments\. +spread/);
  expect(shown(noted, 120, 10)[9]).toMatch(/^ NOTE {2}A first burst may be queued, or… +NOTE/);
  const narrow = shown(noted, 60, 12);
  expect(narrow).toHaveLength(12);
  expect(narrow[1]).toMatch(/^ NOTE {2}A first burst may be queued, or spread over t.*…$/);
  const answered = noted.map((model) => ({ ...model, notice: "It answered after 9 s." }));
  expect(shown(answered, 80, 12)[1]).toBe(" NOTE  It answered after 9 s.");
});

test("a model that failed says why in its place", () => {
  const models = compared(ISOLATED);
  const failure = { message: "It could not start.", nextStep: "Lower the sizes." };
  const failed = models.map((model, index) => (index === 1 ? { ...model, failure } : model));
  const texts = shown(failed, 80, 12);
  expect(texts).toContain(" managed-instances  FAILED  It could not start. Lower the sizes.");
});
