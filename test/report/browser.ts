/** A real browser without a window, for tests of pages. */

import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, onTestFinished } from "vitest";
import { chromiumOnPath } from "./chromium-on-path.ts";

const FLAGS = [
  "--headless=new",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** `describe` with a browser for all of its tests, skipped where there is none. */
export function describePage(name: string, declare: (browser: () => Browser) => void): void {
  const executablePath = chromiumOnPath();
  describe.skipIf(executablePath === undefined)(name, () => {
    let browser: Browser | undefined;
    beforeAll(async () => {
      browser = await chromium.launch({ executablePath: executablePath ?? "", args: FLAGS });
    });
    afterAll(() => browser?.close());
    declare(() => browser as Browser);
  });
}

export type Scheme = "light" | "dark";

/** A page as its reader sees it, and what the browser did and said while it loaded. */
export interface Loaded {
  page: Page;
  /** URLs of all requests, the page itself included. */
  requests: string[];
  /** Such as that the page's own policy forbids something. */
  complaints: string[];
}

/** Loads a file in a window of its own, which ends with the test. */
export async function load(
  browser: Browser,
  path: string,
  colorScheme: Scheme,
  width = 1_100,
): Promise<Loaded> {
  const page = await browser.newPage({ colorScheme, viewport: { width, height: 900 } });
  onTestFinished(() => page.close());
  const requests: string[] = [];
  const complaints: string[] = [];
  page.on("request", (request) => requests.push(request.url()));
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", ({ message }) => complaints.push(message));
  await page.goto(pathToFileURL(path).href);
  return { page, requests, complaints };
}
