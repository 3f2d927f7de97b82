import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { RecordLine } from "../../experiment/core/record-lines.ts";
import { textReport } from "../../experiment/reports/experiment-text.ts";
import { pageOf } from "../../experiment/reports/html/comparison-page.ts";
import { experimentPage } from "../../experiment/reports/html/experiment-page.ts";
import {
  type RecordedExperiment,
  readExperiment,
} from "../../experiment/reports/recorded-experiment.ts";
import { drawn } from "../effort.ts";
import { temporaryFolder } from "../processes.ts";
import type { Visit } from "../schedules.ts";
import { faintTexts, violations } from "./accessibility.ts";
import { describePage, load, type Scheme } from "./browser.ts";
import { burst, type Recorded, recordLines, writeRecord } from "./records.ts";

const KEPT = { perRun: 200, inAll: 1_000 };
const MANY_CLIENTS = Array.from({ length: 20 }, (_, index) => `client no. ${index}`);

const isolated: Recorded = {
  runs: [burst(5, (index) => index), burst(5, (index) => (index + 1) % 5, 5)],
  control: [burst(5, () => 9)],
};
/** Some share a process, some were lost, and there are more clients than colours. */
const shared: Recorded = {
  id: "s",
  clients: MANY_CLIENTS,
  runs: [burst(40, (index) => index % 10).map((visit, index) => ({ ...visit, lost: index > 36 }))],
};

/** Its control was fired at the stack's web function, and then on this machine. */
function controlledTwice(): Promise<RecordedExperiment> {
  const spread = burst(5, (index) => index + 10);
  const lines = recordLines({ ...isolated, control: [spread, burst(5, () => 9)] }).map((line) =>
    line.type === "run" && line.role === "control" && line.index === 0
      ? { ...line, target: { kind: "stack", url: "https://a.example/", model: "web-function" } }
      : line,
  );
  return readExperiment(writeRecord(temporaryFolder(), "r", lines as RecordLine[]), KEPT);
}

function read(recorded: Recorded, cut = 0, kept = KEPT): Promise<RecordedExperiment> {
  const lines = recordLines(recorded);
  const path = writeRecord(temporaryFolder(), "r", lines.slice(0, lines.length - cut));
  return readExperiment(path, kept);
}

/** Rounds of five hundred requests, each on an environment of its own. */
function large(rounds: number): Recorded {
  const visits = Array.from({ length: rounds }, (_, round) =>
    burst(500, (index) => index).map(
      (visit): Visit => ({
        ...visit,
        sentAt: visit.sentAt + round * 6_000,
        begin: visit.begin + round * 6_000,
        end: visit.end + round * 6_000,
        answeredAt: visit.answeredAt + round * 6_000,
      }),
    ),
  );
  return { id: "l", runs: [visits.flat()] };
}

function save(page: string): string {
  const path = join(temporaryFolder(), "page.html");
  writeFileSync(path, page);
  return path;
}

test("a page of ten thousand requests is smaller than 2 MB, and says what it leaves out", async () => {
  const page = experimentPage(await read(large(20)));
  expect(page.length).toBeLessThan(2_000_000);
  expect(page).toMatch(/9,800 more are left out here/);
  expect(page).toMatch(/Drawn are 1,200 of 10,000 requests and 60 of 500 environments/);
});

test("pages and texts head a plan whose stages differ by all of them", async () => {
  const runs = [1, 2, 4].map((count) => burst(count, (index) => index));
  const ramp = await read({ runs });
  const words = "7 requests in 3 runs, 1 to 4 at once, held 5 s";
  const page = experimentPage(ramp);
  expect(page).toContain(`<title>ISOLATED: ${words}</title>`);
  expect(page).toContain(`<p class="muted">${words} · stack dev, on-demand, eu-west-1 · `);
  expect(page).toContain("1 at once; 2 at once; 4 at once");
  expect(textReport(ramp, false)).toMatch(new RegExp(`^${words} · stack dev`));
  expect(pageOf([ramp, ramp])).toContain(words);
});

test("how long idle environments lived is said after runs of any size, in texts and on pages", async () => {
  const runs = [burst(25, (index) => index), burst(25, (index) => index)];
  const stages = [0, 9_000].map((pauseMs) => ({ concurrency: 25, requests: 25, pauseMs }));
  const lines = recordLines({ runs }).map((line) =>
    line.type === "run" ? { ...line, plan: { ...line.plan, stages } } : line,
  );
  const path = writeRecord(temporaryFolder(), "r", lines);
  // A text shows fewer answers than these.
  const recorded = await readExperiment(path, { perRun: 20, inAll: 1_000 });
  const words = "Environments seen again: 25 of 25 after 9 s; idle ones live longer than 9 s.";
  expect(textReport(recorded, false)).toContain(words);
  expect(experimentPage(recorded)).toContain(words);
});

test("the figures say what was not answered, and a legend names the clients of the picture", async () => {
  const page = experimentPage(await read(shared));
  expect(page).toContain("<dt>timed out</dt><dd>3</dd>");
  expect(page).toContain("A dashed bar is a request that no environment is known to have served.");
  expect(page).toContain("<dt>environments</dt><dd>10</dd>");
  const one = experimentPage(await read({ runs: [burst(1, () => 0)] }));
  expect(one).toContain("<dt>cold start</dt><dd>1</dd>");
  expect(one).toMatch(/<\/svg>Ana<\/li>/);
  expect(one).not.toMatch(/<\/svg>Barbara<\/li>|A dashed bar/);
});

test("beside a stack's figures stand the reference's", async () => {
  const page = experimentPage(await read(isolated));
  expect(page).toMatch(/>5\.655 s, cold</);
  const local = { ...isolated, target: { kind: "local" as const } };
  expect(experimentPage(await read(local))).not.toMatch(/5\.655/);
});

describePage("in a browser", (browser) => {
  const pages: [string, () => Promise<string>][] = [
    ["an isolated experiment with its control", async () => experimentPage(await read(isolated))],
    ["a control at two targets", async () => experimentPage(await controlledTwice())],
    ["sharing, losses and many clients", async () => experimentPage(await read(shared))],
    ["a record that was cut off", async () => experimentPage(await read(isolated, 3))],
    [
      "a thousand requests",
      // Each row of a table costs axe more than the reader.
      async () => experimentPage(await read(large(2), 0, { perRun: 5, inAll: 5 })),
    ],
    ["a comparison", async () => pageOf([await read(isolated), await read(shared)])],
  ];

  test.each(drawn(pages, 3))(
    "%s: loads nothing, runs nothing, and can be read in both schemes",
    async (_, make) => {
      const path = save(await make());
      for (const scheme of ["light", "dark"] satisfies Scheme[]) {
        const { page, requests, complaints } = await load(browser(), path, scheme);
        expect(requests).toHaveLength(1);
        expect(await page.locator("script").count()).toBe(0);
        const { seen, faint } = await faintTexts(page);
        expect(faint).toEqual([]);
        expect(seen).toBeGreaterThan(20);
        expect(await violations(page)).toEqual([]);
        expect(complaints).toEqual([]);
      }
    },
  );

  test("heads belong to columns and rows, pictures have names, and nothing is wider than a phone", async () => {
    const path = save(experimentPage(await read(isolated)));
    const { page } = await load(browser(), path, "light", 390);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(390);
    expect(await page.locator("th:not([scope])").count()).toBe(0);
    expect(await page.locator("svg[role=img]:not([aria-label])").count()).toBe(0);
    expect(await page.locator("h1, h2").allTextContents()).toContain("Who served whom, and when");
    const bars = page.locator("main figure").first().locator("g");
    expect(await bars.count()).toBe(10);
    expect(await bars.first().locator("title").textContent()).toMatch(
      /^Ana, run 1, environment .*, cold, 0 to 5,310 ms$/,
    );
  });
});
