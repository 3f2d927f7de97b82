import { expect, test } from "vitest";
import { burst, conclude } from "../../../test/conclusions.ts";
import { observe } from "../../../test/schedules.ts";
import type { Observation } from "../record-lines.ts";

type Change = (response: NonNullable<Observation["response"]>) => void;

/** Observations of an isolated burst of which one is tampered with. */
function tampered(change: Change): Observation[] {
  const observations = observe(burst([0, 1, 2]), []);
  const victim = structuredClone(observations[1] as Observation);
  if (victim.response) change(victim.response);
  return [observations[0] as Observation, victim, observations[2] as Observation];
}

test.each<[string, Change, RegExp]>([
  [
    "two processes that claim one identity",
    ({ environment }) =>
      Object.assign(environment ?? {}, { id: "environment 0", instance: "instance 0/0" }),
    /same counter/,
  ],
  [
    "two instances that claim one thread",
    ({ environment }) => Object.assign(environment ?? {}, { id: "environment 0" }),
    /two instances claim one thread/,
  ],
  [
    "two environments that claim one instance",
    ({ environment }) => Object.assign(environment ?? {}, { instance: "instance 0/0" }),
    /two threads claim one instance/,
  ],
  [
    "an answer that belongs to another request",
    (response) => Object.assign(response, { client: "somebody else" }),
    /names another client/,
  ],
  [
    "a counter that fell while an invocation waited",
    ({ globalData }) => Object.assign(globalData, { counter: 0 }),
    /a counter or a peak fell/,
  ],
  [
    "a peak below what was found on entry",
    ({ invocation }) => Object.assign(invocation ?? {}, { inFlightOnEntry: 2, inFlightPeak: 1 }),
    /a counter or a peak fell/,
  ],
  [
    "a clock that jumped back",
    ({ invocation }) => Object.assign(invocation ?? {}, { leftAt: 0 }),
    /left before it entered/,
  ],
  [
    "a clock that jumped ahead",
    ({ invocation }) => Object.assign(invocation ?? {}, { leftAt: 1e6 }),
    /longer by its own clock/,
  ],
])("%s: never a verdict from it, but the contradiction in words", (_, change, reason) => {
  const conclusion = conclude(tampered(change));
  expect(conclusion.verdict).toBe("inconclusive");
  expect(conclusion.reason).toMatch(reason);
});

test("an answer that found another in flight on entry is proof, whoever that was", () => {
  const observations = tampered(({ globalData, invocation }) => {
    Object.assign(invocation ?? {}, { inFlightOnEntry: 2, inFlightPeak: 2 });
    Object.assign(invocation?.onEntry ?? {}, { counter: 2 });
    Object.assign(globalData, { counter: 2 });
  });
  expect(conclude(observations)).toMatchObject({ verdict: "shared", sharing: "globals" });
});

test("a restart in the same environment with the same pid is no contradiction", () => {
  const first = burst([0, 1]);
  const later = burst([0], { sentAt: 5_000, begin: 5_010, end: 6_010, answeredAt: 6_020 });
  const observations = observe([...first, ...later], []);
  const { environment, invocation } = observations[2]?.response ?? {};
  Object.assign(environment ?? {}, { instance: "after the restart" });
  Object.assign(invocation?.onEntry ?? {}, { counter: 1 });
  expect(conclude(observations)).toMatchObject({ instances: 3, processes: 2 });
});
