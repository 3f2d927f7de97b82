import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { CheckReport, Finding } from "../../check/reports/report.ts";
import { reportPage } from "../../check/reports/report-page.ts";
import { temporaryFolder } from "../processes.ts";
import { violations } from "./accessibility.ts";
import { describePage, load, type Scheme } from "./browser.ts";

const finding: Finding = {
  kind: "mixed",
  phase: "at once",
  event: "ana",
  others: ["bo"],
  places: [{ place: "/body/user", alone: '"ana"', now: '"bo <img src=x>"', mark: "bo", of: "bo" }],
  answers: {
    alone: { status: 200, headers: { "x-a": "1", etag: "a" }, body: { user: "ana", at: 1 } },
    now: { status: 200, headers: { etag: "b" }, body: { user: "bo <img src=x>", at: 2, more: [] } },
  },
  round: 3,
  isWarm: true,
  letGoAtMs: { ana: 0, bo: 1.5 },
  rounds: { shown: 1, of: 8 },
  repeated: { shown: 4, of: 5 },
  log: ["[ana] INFO serving"],
};

const report: CheckReport = {
  kind: "check",
  version: "1.0.0",
  startedAt: "2026-03-12T19:03:58.000Z",
  model: "managed-instances",
  code: "dist",
  handler: "index.handler",
  codeSha256: "0".repeat(64),
  seed: 1,
  delays: true,
  verdict: "mixed",
  findings: [finding, { ...finding, kind: "changed" }],
  reasons: ["It is small."],
  events: ["ana", "bo"].map((name) => ({
    name,
    marks: [name],
    served: { alone: 3, inTurn: 4, atOnce: 8 },
    aloneMs: name === "ana" ? 12.34 : null,
    waits: true,
    failures: { alone: 0, log: [] },
    marked: [],
    volatile: ["/body/at"],
    history: [],
    isVolatile: false,
  })),
  inTurn: { rounds: 2 },
  atOnce: { rounds: 8, pairs: 8, overlapped: 7, most: 2 },
};

describePage("the page of a check", (browser) => {
  test.each<Scheme>(["light", "dark"])(
    "shows both answers place by place, can be read by everybody, and loads nothing: %s",
    async (scheme) => {
      const path = join(temporaryFolder(), "page.html");
      writeFileSync(path, reportPage(report));
      const { page, requests, complaints } = await load(browser(), path, scheme);
      const rows = page.getByRole("region", { name: "1: the answer" }).locator("tbody tr");
      const cells = await Promise.all(
        (await rows.all()).map((row) => row.locator("th, td").allTextContents()),
      );
      expect(cells).toEqual([
        ["body /user", "ana", "bo <img src=x>", 'holds "bo", which belongs to "bo"'],
        ["status", "200", "200", ""],
        ["header x-a", "1", "–", "differs"],
        ["header etag", "a", "b", "differs"],
        ["body /at", "1", "2", "other each time"],
        ["body /more", "–", "[]", "differs"],
      ]);
      expect(await violations(page)).toEqual([]);
      expect([requests.length, complaints]).toEqual([1, []]);
      // So narrow that every other space breaks a line.
      await page.setViewportSize({ width: 60, height: 900 });
      const option = await page.getByText(/^--seed 1$/).boundingBox();
      expect(option?.height).toBeLessThan(30);
    },
  );
});
