import fc from "fast-check";
import { expect, test } from "vitest";
import { escapeHtml, html } from "./html.ts";

test("what is put into a template is text, unless a template made it", () => {
  const name = `<b title="x">Tom & 'Jerry'</b>`;
  expect(`${html`<p>${name}</p>`}`).toBe(
    "<p>&lt;b title=&quot;x&quot;&gt;Tom &amp; &#39;Jerry&#39;&lt;/b&gt;</p>",
  );
  expect(`${html`<p>${html`<b>${1}</b>`}${[html`<i></i>`, "<"]}${undefined}${false}</p>`}`).toBe(
    "<p><b>1</b><i></i>&lt;</p>",
  );
});

test("no text can open a tag, leave an attribute or hide what it is", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
      expect(escapeHtml(text)).not.toMatch(/[<>"'\u0000-\u001f\u202e]/);
    }),
  );
});

test("dollars and backslashes stay what they are", () => {
  expect(`${html`<p>${"$& \\n $1"}</p>`}`).toBe("<p>$&amp; \\n $1</p>");
});
