/** Tests of pages need a browser, which no package brings. */

import { commandOnPath } from "../deployment/pulumi-on-path.ts";

/** Chromium's names on the systems that have it. */
const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** The browser's file; `undefined` when there is none on the PATH. */
export function chromiumOnPath(): string | undefined {
  return NAMES.map(commandOnPath).find((file) => file !== undefined);
}

/** Said once before the tests, where those of pages cannot run. */
export function setup(): void {
  if (chromiumOnPath() !== undefined) return;
  console.warn(
    "Chromium is not on the PATH: the tests of pages in a browser are skipped. " +
      "Install it with your system's packages.\n",
  );
}
