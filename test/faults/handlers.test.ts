import { expect, test } from "vitest";
import { MODELS, type Model } from "../../local-lambda/function-configuration.ts";
import { isAlive } from "../processes.ts";
import { waitUntil } from "../wait-until.ts";
import { faultyCode } from "./faulty-handler.ts";
import { EXPECTED } from "./handler-expectations.ts";
import { fireEach, printedOf, startLambdaAlone } from "./handler-experiment.ts";

/** How each model is sized, so that there is always room beside what a fault takes down. */
const SIZES: Record<Model, string[]> = {
  "on-demand": [],
  "managed-instances": ["--environments", "4", "--max-concurrency", "1"],
  "web-function": [],
};

/** Before every third fault a request of somebody else. */
function withOthers(faults: readonly string[]): string[] {
  return faults.flatMap((fault, index) => (index % 3 === 2 ? [`other ${index}`, fault] : [fault]));
}

test.each(MODELS)(
  "with %s a handler that goes wrong fails its own request, which says how, and the others go on",
  async (model) => {
    const heap = ["--env", "NODE_OPTIONS=--max-old-space-size=40"];
    const args = ["--model", model, "--timeout", "2", ...heap, ...SIZES[model]];
    const lambda = await startLambdaAlone("--code", await faultyCode(), ...args);
    // Where a process serves many at once, all that is inside goes down with it.
    const concurrency = model === "on-demand" ? "4" : "1";
    const clients = withOthers(Object.keys(EXPECTED[model]));
    const result = await fireEach(lambda.url, clients, "--concurrency", concurrency);
    expect([...result.seen.keys()].sort()).toEqual([...clients].sort());
    const wrong = [...result.seen.values()].filter(({ client, outcome, message = "" }) => {
      const [its, words = /^$/] = EXPECTED[model][client] ?? ["ok"];
      return outcome !== its || !words.test(message);
    });
    expect(wrong).toEqual([]);
    for (const client of clients.slice(0, 4)) {
      const { outcome, message = "" } = result.seen.get(client) ?? {};
      expect(printedOf(result, client)).toContain(outcome === "ok" ? "counter: " : message);
    }
    expect(result.record.at(-1)).toMatchObject({ type: "verdict", run: null });
    expect(result.stdout + result.stderr + lambda.stderr()).not.toMatch(/\n\s+at /);
  },
);

test.each(MODELS)(
  "with %s a rejection after the answer costs the process, and neither this answer nor the next",
  async (model) => {
    const lambda = await startLambdaAlone("--code", await faultyCode(), "--model", model);
    const body = JSON.stringify({ client: "regrets", holdMs: 0 });
    const answer = await fetch(lambda.url, { method: "POST", body });
    expect(answer.status).toBe(200);
    const { environment } = (await answer.json()) as { environment: { id: string; pid: number } };
    await waitUntil("the process to end", () => !isAlive(environment.pid));
    const result = await fireEach(lambda.url, ["Ana"]);
    expect(result.seen.get("Ana")?.response).toMatchObject({ globalData: { counter: 1 } });
    expect(printedOf(result, "Ana")).toMatch(/\{ counter: 1, client: "Ana"/);
    expect(lambda.stderr()).toBe("");
  },
);
