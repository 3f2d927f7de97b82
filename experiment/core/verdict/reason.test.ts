import { expect, test } from "vitest";
import { burst, conclude, concludeSchedule } from "../../../test/conclusions.ts";
import { observe } from "../../../test/schedules.ts";
import type { Observation } from "../record-lines.ts";
import { concludeExperiment } from "./conclude.ts";
import { evidenceOf } from "./evidence.ts";

function without(observation: Observation, field: "environment" | "invocation"): Observation {
  const { response } = observation;
  return response ? { ...observation, response: { ...response, [field]: undefined } } : observation;
}

test("one answer without identity makes isolation inconclusive, and says so", () => {
  const [first, ...others] = observe(burst([0, 1, 2]), []);
  const conclusion = conclude([without(first as Observation, "environment"), ...others]);
  expect(conclusion.verdict).toBe("inconclusive");
  expect(conclusion.reason).toMatch(/^1 of 3 answers did not say which environment/);
});

test("a hold shorter than the cold start is inconclusive, and says how long would do", () => {
  const slow = burst([0, 1, 2], { begin: 7_300, end: 8_300, answeredAt: 8_310 });
  const conclusion = concludeSchedule({ visits: slow, clockOffsets: [] });
  expect(conclusion.verdict).toBe("inconclusive");
  expect(conclusion.reason).toBe(
    "The hold of 1 s was shorter than the cold start. Raise it above 8 s.",
  );
});

test("requests that never met are inconclusive", () => {
  const later = burst([1], { sentAt: 5_000, begin: 5_010, end: 6_010, answeredAt: 6_020 });
  const conclusion = concludeSchedule({ visits: [...burst([0]), ...later], clockOffsets: [] });
  expect(conclusion.reason).toMatch(/one after the other/);
});

test("requests that no two of one runner were is inconclusive, since no clock tells more", () => {
  const each = observe(burst([0, 1]), []).map((it, index) => ({ ...it, runner: `${index}` }));
  expect(conclude(each).reason).toMatch(/^No runner had more than one request of a run answered/);
  const later = burst([2], { sentAt: 5_000, begin: 5_010, end: 6_010, answeredAt: 6_020 });
  const visits = observe([...burst([0, 1]), ...later], []);
  const apart = visits.map((it, index) => ({ ...it, runner: `${index % 2}` }));
  expect(conclude(apart).reason).toMatch(/^The requests of each runner that were answered ran one/);
});

test("nothing but failures is inconclusive, and names them", () => {
  const failed = [0, 1].map((index): Observation => {
    const message = "403 Forbidden";
    return { type: "observation", run: "r", index, client: "Ana", outcome: "failed", message };
  });
  expect(conclude(failed)).toMatchObject({
    verdict: "inconclusive",
    reason: "No request was served: 2 failed: 403 Forbidden. Check the target and run again.",
    outcomes: { failed: 2 },
    trials: 0,
  });
});

test("one request of each run, as a part of an experiment has it, is none that could meet another", () => {
  const requests = observe(burst([0, 1, 2]), [])
    .slice(0, 1)
    .map(evidenceOf);
  const { reason } = concludeExperiment([{ concurrency: 3, holdMs: 1_000, requests }]);
  expect(reason).toMatch(/^Only one request of each run is on the record/);
});

test("too few answers are inconclusive, and the others are named", () => {
  const [first] = observe(burst([0, 1, 2]), []);
  const throttled = [1, 2].map((index): Observation => {
    const seen = { type: "observation", run: "r", index, client: "Bo" } as const;
    return { ...seen, outcome: "throttled", message: "Rate Exceeded." };
  });
  expect(conclude([first as Observation, ...throttled]).reason).toBe(
    "Only 1 of 3 requests was answered (2 throttled: Rate Exceeded), too few to have met. " +
      "Lower the concurrency, or raise the target's limit.",
  );
});
