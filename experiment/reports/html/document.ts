/** The frame of a page: one file that loads nothing and runs nothing. */

import { createHash } from "node:crypto";
import { VERSION } from "../../version.ts";
import { utcTime } from "../numbers.ts";
import { html, Markup, type Value } from "./html.ts";
import { STYLE } from "./style.ts";

/** Only this style is obeyed: whatever else stands in the page, it loads and runs nothing. */
const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'`,
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

/** @param title of the window; text */
export function documentOf(title: string, content: Value): string {
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="Lambda Concurrency Test ${VERSION}">
<title>${title}</title>
<style>${new Markup(STYLE)}</style>
</head>
<body>
${content}
<footer>Computed from the record alone by Lambda Concurrency Test ${VERSION}.</footer>
</body>
</html>
`;
  return page.toString();
}

/** A moment of the record, to the minute, as programs read it too. */
export function time(iso: string): Markup {
  return html`<time datetime="${iso}">${utcTime(iso)}</time>`;
}
