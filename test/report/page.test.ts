import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { compareRecords } from "../../experiment/reports/comparison.ts";
import { textReport } from "../../experiment/reports/experiment-text.ts";
import { comparisonPage } from "../../experiment/reports/html/comparison-page.ts";
import { experimentPage } from "../../experiment/reports/html/experiment-page.ts";
import {
  type RecordedExperiment,
  readExperiment,
} from "../../experiment/reports/recorded-experiment.ts";
import { temporaryFolder } from "../processes.ts";
import type { Visit } from "../schedules.ts";
import { describePage, Page, type Scheme } from "./chromium.ts";
import { faintTexts } from "./contrast.ts";
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

function read(recorded: Recorded, cut = 0): Promise<RecordedExperiment> {
  const lines = recordLines(recorded);
  const path = writeRecord(temporaryFolder(), "r", lines.slice(0, lines.length - cut));
  return readExperiment(path, KEPT);
}

/** Ten thousand requests on five hundred environments. */
function large(): Recorded {
  const visits = Array.from({ length: 20 }, (_, round) =>
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
  const page = experimentPage(await read(large()));
  expect(page.length).toBeLessThan(2_000_000);
  expect(page).toMatch(/9,800 more are left out here/);
  expect(page).toMatch(/A row stands for 9 environments/);
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
  expect(comparisonPage(compareRecords([ramp, ramp]))).toContain(words);
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

test("the figures say what was not answered, and a legend names who is in the picture", async () => {
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

describePage("in a browser", () => {
  const pages: [string, () => Promise<string>][] = [
    ["an isolated experiment with its control", async () => experimentPage(await read(isolated))],
    ["sharing, losses and many clients", async () => experimentPage(await read(shared))],
    ["a record that was cut off", async () => experimentPage(await read(isolated, 3))],
    ["ten thousand requests", async () => experimentPage(await read(large()))],
    [
      "a comparison",
      async () => comparisonPage(compareRecords([await read(isolated), await read(shared)])),
    ],
  ];

  test.each(pages)(
    "%s: loads nothing, runs nothing, and can be read in both schemes",
    async (_, make) => {
      const path = save(await make());
      const page = await Page.open();
      for (const scheme of ["light", "dark"] satisfies Scheme[]) {
        await page.load(path, scheme);
        expect(page.requests).toBe(1);
        expect(await page.evaluate("document.scripts.length")).toBe(0);
        const { seen, faint } = await faintTexts(page);
        expect(faint).toEqual([]);
        expect(seen).toBeGreaterThan(50);
      }
      expect(page.complaints).toEqual([]);
    },
  );

  test("a text that is too faint would be seen", async () => {
    const page = await Page.open();
    await page.load(save(experimentPage(await read(isolated))), "light");
    await page.evaluate("document.documentElement.style.setProperty('--muted', '#999999')");
    const { faint } = await faintTexts(page);
    expect(faint.map(({ text }) => text)).toContain("environments");
  });

  test("heads belong to columns and rows, pictures have names, and nothing is wider than a phone", async () => {
    const page = await Page.open();
    await page.load(save(experimentPage(await read(isolated))), "light", 390);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(390);
    expect(await page.evaluate("document.querySelectorAll('th:not([scope])').length")).toBe(0);
    const unnamed = "svg[role=img]:not([aria-label])";
    expect(await page.evaluate(`document.querySelectorAll("${unnamed}").length`)).toBe(0);
    const titles = "[...document.querySelectorAll('h1, h2')].map((head) => head.textContent)";
    expect(await page.evaluate(titles)).toContain("Who served whom, and when");
    const bars = "[...document.querySelectorAll('main figure')][0].querySelectorAll('g').length";
    expect(await page.evaluate(bars)).toBe(10);
    const first = "document.querySelector('figure g title').textContent";
    expect(await page.evaluate(first)).toMatch(/^Ana, run 1, environment .*, cold, 0 to 5,310 ms$/);
  });
});
