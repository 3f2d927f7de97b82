/** The screen and the stack: which of both is fired at, and what is said before. */

import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { answerPlainly, CLOSED, startServer } from "../http-server.ts";
import { temporaryFolder } from "../processes.ts";
import { recordsIn } from "../programs.ts";
import {
  deployThree,
  outputsOf,
  outputsOfAll,
  pathWithPulumi,
  scriptOf,
  stackOf,
  targetOutputs,
} from "../pulumi.ts";
import { openScreen, QUICK } from "./open-screen.ts";
import { KEYS } from "./terminal.ts";

/** A deployment of enough memory to cost something. */
const LARGE = { memoryMb: 10_240, maxHoldMs: 60_000 };

test("at first the selected stack is fired at, with its cost in sight", async () => {
  const server = await startServer(answerPlainly);
  const { terminal } = await openScreen({
    target: "kept",
    args: QUICK,
    env: stackOf(outputsOf(server.url.href)),
  });
  const text = await terminal.shows(/Test +stack dev · on-demand\n Deployed on AWS/);
  expect(text).not.toMatch(/No stack to fire at/);
  await terminal.shows(/held 400 ms · \$0\.0000\d+$/m);
  await terminal.shows(/It costs about \$0\.0000\d+ at list/);
  await terminal.pressFor(
    "c",
    /cold: pulumi config set generation 4 --stack dev &&\s+pulumi up --stack dev\. It\s+replaces/,
  );
  await terminal.pressFor(KEYS.enter, /INCONCLUSIVE[\s\S]*x cross-check/);
  expect(server.requests).toHaveLength(10);
});

test("without the Pulumi CLI this machine serves, the reason is said, and it is not kept as a choice", async () => {
  const reason = /No stack to fire at, so[\s\S]*Pulumi\s+CLI\s+is\s+not\s+installed/;
  // Only the CLI is missing; the shell that opens the screen is not.
  const env = { PATH: "/bin" };
  const { terminal, data } = await openScreen({ target: "kept", args: QUICK, env });
  const text = await terminal.shows(reason);
  expect(text).toMatch(/Test +local · on-demand\n Embedded Lambda: proves nothing about AWS/);
  await terminal.pressFor(KEYS.enter, /ISOLATED[\s\S]*⏎ fire/);
  terminal.press("q");
  await terminal.exited;
  const again = await openScreen({ data, target: "kept", args: QUICK, env });
  await again.terminal.shows(reason);
});

/** A Pulumi CLI that answers as soon as it is let. */
function slowPulumi(script: string): { env: { PATH: string }; answer: () => void } {
  const wait = join(temporaryFolder(), "wait");
  const waiting = `while [ ! -e '${wait}' ]; do sleep 0.05; done; ${script}`;
  return { env: { PATH: pathWithPulumi(waiting) }, answer: () => writeFileSync(wait, "") };
}

test("Enter before the stack is found fires once it is", async () => {
  const server = await startServer(answerPlainly);
  const { env, answer } = slowPulumi(scriptOf(outputsOf(server.url.href)));
  const { terminal } = await openScreen({ target: "kept", args: QUICK, env });
  const waiting = await terminal.pressFor(
    KEYS.enter,
    /WAITING {2}It fires as soon as it is known where\. Esc takes it back\./,
  );
  expect(waiting).toMatch(/Test +looking for the selected stack\n Not known yet: where this fires/);
  expect(waiting).not.toMatch(/AWS/);
  answer();
  const text = await terminal.shows(/run 2 of 2[\s\S]*INCONCLUSIVE[\s\S]*⏎ fire/);
  expect(text).not.toMatch(/WAITING/);
  expect(server.requests).toHaveLength(10);
});

test("Esc takes back what waits for the target; a cold start waits like a shot", async () => {
  const { env, answer } = slowPulumi("echo '[]'");
  const { terminal, data } = await openScreen({ target: "kept", args: QUICK, env });
  await terminal.pressFor(KEYS.enter, /WAITING {2}It fires/);
  await terminal.pressFor(KEYS.escape, /Nothing fired yet[\s\S]*⏎ fire/);
  expect(terminal.text).not.toMatch(/WAITING/);
  await terminal.pressFor("c", /WAITING {2}All environments end as soon as it is known which\./);
  answer();
  await terminal.shows(
    /No stack to fire at, so[\s\S]*No\s+stack\s+is\s+selected[\s\S]*next run is a cold one[\s\S]*⏎ fire/,
  );
  expect(existsSync(join(data, "records"))).toBe(false);
});

test("a stack that was asked for is never replaced by this machine", async () => {
  const { terminal } = await openScreen({
    target: "stack:other",
    env: stackOf(outputsOf(CLOSED.href)),
  });
  await terminal.shows(/FAILED {2}There is no stack other\. Run "pulumi stack ls"/);
  expect(terminal.lines[0]).toMatch(/Test +stack other$/);
  expect(terminal.text).not.toMatch(/AWS/);
});

test("the stack is chosen among the targets", async () => {
  const server = await startServer(answerPlainly);
  const { terminal } = await openScreen({ args: QUICK, env: stackOf(outputsOf(server.url.href)) });
  await terminal.pressFor(
    "t",
    /Stack dev, eu-west-1\. Deployed[\s\S]*\n {3}on-demand +next to nothing/,
  );
  // Upwards from the first one: the URL, then the stack.
  await terminal.pressFor(KEYS.up, /▸ URL/);
  await terminal.pressFor(KEYS.up, / ▸ on-demand +next to nothing/);
  await terminal.pressFor(KEYS.enter, /Test +stack dev · on-demand\n Deployed on AWS/);
});

const BILLED = /Managed Instances: from \$0\.094 an hour until "pulumi destroy --stack dev"$/m;

test("each deployed model is a target of its own, with its price an hour, and is kept", async () => {
  const env = await deployThree();
  const { terminal, data } = await openScreen({ args: QUICK, env });
  await terminal.pressFor(
    "t",
    /Stack dev[\s\S]*\n {3}managed-instances from \$0\.094 an hour since .*, \$0\.31 so far\n {3}web-/,
  );
  for (let step = 0; step < 3; step++) terminal.press(KEYS.up);
  await terminal.shows(/ ▸ managed-instances from/);
  await terminal.pressFor(KEYS.enter, /stack dev · managed-instances\n Deployed on AWS/);
  await terminal.shows(BILLED);
  terminal.press("q");
  await terminal.exited;
  // The terminal breaks it within words.
  const left = /billed, used or not: .*"pulumi destroy --stack dev" ends it/;
  expect(terminal.text.replaceAll("\n", "")).toMatch(left);
  const again = await openScreen({ target: "kept", args: QUICK, env, data });
  await again.terminal.shows(/stack dev · managed-instances\n Deployed on AWS/);
});

test("the targets begin at the first of the stack where no model was named", async () => {
  const env = await deployThree();
  const { terminal } = await openScreen({ target: "stack", args: QUICK, env });
  await terminal.shows(/stack dev · on-demand\n Deployed on AWS/);
  await terminal.pressFor("t", /Stack dev, eu-west-1[^▸]*\n ▸ on-demand +next to nothing/);
});

test("the screen waits for Managed Instances that do not answer yet, and Esc ends that", async () => {
  const server = await startServer((_, response) => void response.writeHead(503).end());
  const { terminal, data } = await openScreen({
    target: "stack",
    args: QUICK,
    env: stackOf(outputsOfAll(targetOutputs("managed-instances", server.url.href))),
  });
  await terminal.pressFor(KEYS.enter, /Waiting for the function to answer …[\s\S]*Esc stop/);
  await terminal.pressFor(KEYS.escape, /Nothing fired yet[\s\S]*⏎ fire/);
  expect(server.requests.every(({ body }) => body === "{}")).toBe(true);
  expect(recordsIn(data)).toEqual([]);
});

test("a kept model that its stack no longer has is a failure, and nothing else is fired at", async () => {
  const data = temporaryFolder();
  const kept = { target: "stack:dev", model: "web-function" };
  writeFileSync(join(data, "settings.json"), JSON.stringify(kept));
  const env = stackOf(outputsOf(CLOSED.href));
  const { terminal } = await openScreen({ target: "kept", args: QUICK, env, data });
  await terminal.shows(/FAILED {2}The stack dev has no web-function; deployed: on-demand\./);
});

test("what will be throttled is said, and what costs more than a trifle is asked about, before anything is fired", async () => {
  const server = await startServer(answerPlainly);
  const large = { ...LARGE, reservedConcurrency: 3 };
  const targets = [
    targetOutputs("on-demand", server.url.href, large),
    targetOutputs("web-function", server.url.href, { maxHoldMs: 60_000 }),
  ];
  const { terminal } = await openScreen({
    target: "stack",
    args: ["--hold", "1m", "--requests", "500"],
    env: stackOf(outputsOfAll(...targets)),
  });
  await terminal.shows(/\$8\.0\d$/m);
  await terminal.shows(/NOTE {2}The function has a reserved concurrency of 3: at least 2 of 5/);
  // At the one that is chosen, and at all.
  for (const key of [KEYS.enter, "a"]) {
    await terminal.pressFor(
      key,
      /ASKED FIRST {2}It costs about \$\d\.\d\d at list price[\s\S]*y fire it/,
    );
    await terminal.pressFor("n", /Nothing fired yet[\s\S]*⏎ fire/);
  }
  expect(server.requests).toEqual([]);
  await terminal.pressFor(KEYS.enter, /y fire it/);
  await terminal.pressFor("y", /INCONCLUSIVE[\s\S]*⏎ fire/);
  await terminal.pressFor("a", /y fire it/);
  await terminal.pressFor("y", /INCONCLUSIVE[\s\S]*INCONCLUSIVE[\s\S]*a fire again/);
  expect(terminal.lines[0]).toMatch(/stack dev · all models$/);
  expect(server.requests).toHaveLength((1 + 2) * 2 * 500);
});
