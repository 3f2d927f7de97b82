/** One record read in a process of its own: `node read-alone.ts conclude|parse RECORD`. */

import { concludeExperiment } from "../experiment/core/verdict/conclude.ts";
import { Fold } from "../experiment/records/fold.ts";
import { followRecord } from "../experiment/records/read-record.ts";
import { readTexts } from "../experiment/records/record-text.ts";
import type { Sample } from "./side-by-side.ts";

const [, , what, path = ""] = process.argv;
const startedAt = performance.now();
console.log(JSON.stringify(await (what === "parse" ? parse() : conclude())));

async function conclude(): Promise<Sample> {
  const fold = new Fold();
  for await (const _ of followRecord(path, fold));
  const readAt = performance.now();
  const { verdict } = concludeExperiment(fold.experiment.runs);
  const concludedAt = performance.now();
  if (verdict !== "isolated") throw new Error(`The verdict is ${verdict}.`);
  return {
    reading: readAt - startedAt,
    "conclusion over": concludedAt - readAt,
    "memory of the process,": process.resourceUsage().maxRSS / 1_024,
  };
}

/** The floor: each line is parsed, and nothing made of it. */
async function parse(): Promise<Sample> {
  for await (const { texts } of readTexts(path)) {
    for (const text of texts) if (text !== "") JSON.parse(text);
  }
  const ms = performance.now() - startedAt;
  return { reading: ms, "conclusion over": ms };
}
