/** How well every text of a page can be read, by what the browser has drawn. */

import type { Page } from "./chromium.ts";

export interface Faint {
  text: string;
  contrast: number;
  colours: string;
}

/** The least contrasts by WCAG 2.2, 1.4.3: of text, and of large text. */
const LEAST = { text: 4.5, large: 3 };

/** @returns the texts whose contrast with what lies behind them is below AA, and how many were seen */
export async function faintTexts(page: Page): Promise<{ seen: number; faint: Faint[] }> {
  await page.showWhole();
  return page.evaluate(`(${inPage.toString()})(${JSON.stringify(LEAST)})`);
}

/** Runs in the page, which knows nothing of this file. */
function inPage(least: { text: number; large: number }): { seen: number; faint: Faint[] } {
  type Rgba = [number, number, number, number];
  // The compiler knows no browser here.
  const { document, getComputedStyle } = globalThis as unknown as {
    document: Dom;
    getComputedStyle: (element: Element) => Record<string, string>;
  };
  interface Element {
    closest: (selector: string) => Element | null;
    namespaceURI: string;
    textContent: string;
  }
  interface Dom {
    createTreeWalker: (root: Element, what: number) => { nextNode: () => TextNode | null };
    createRange: () => {
      selectNodeContents: (node: TextNode) => void;
      getBoundingClientRect: () => { x: number; y: number; width: number; height: number };
    };
    elementsFromPoint: (x: number, y: number) => Element[];
    body: Element;
  }
  interface TextNode {
    textContent: string;
    parentElement: Element;
  }
  const rgba = (text = ""): Rgba => {
    const [r = 0, g = 0, b = 0, a = 1] = (text.match(/[\d.]+(?:e-?\d+)?/g) ?? []).map(Number);
    // Between a pattern and the text on it lies the text's outline, in the colour below the pattern.
    if (/^(transparent|none|url.*)$/.test(text)) return [0, 0, 0, 0];
    return text.startsWith("color(srgb") ? [r * 255, g * 255, b * 255, a] : [r, g, b, a];
  };
  const luminance = (colour: Rgba) => {
    const [r = 0, g = 0, b = 0] = colour.map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const isSvg = (element: Element) => element.namespaceURI.endsWith("svg");
  const paintOf = (element: Element) => {
    const style = getComputedStyle(element);
    return rgba(isSvg(element) ? style.fill : style.backgroundColor);
  };
  const over = ([r, g, b, a]: Rgba, [r2, g2, b2]: Rgba): Rgba => {
    const mix = (top: number, below: number) => top * a + below * (1 - a);
    return [mix(r, r2), mix(g, g2), mix(b, b2), 1];
  };
  const behind = (owner: Element, x: number, y: number): Rgba => {
    const layers = document
      .elementsFromPoint(x, y)
      .filter((element) => element !== owner && element.closest("text") === null)
      .filter((element) => !/^(svg|g|title)$/.test(String(Reflect.get(element, "localName"))))
      .map(paintOf)
      .filter(([, , , alpha]) => alpha > 0);
    return layers.reduceRight<Rgba>((below, layer) => over(layer, below), [255, 255, 255, 1]);
  };
  const walker = document.createTreeWalker(document.body, 4);
  const faint: Faint[] = [];
  let seen = 0;
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const owner = node.parentElement;
    const range = document.createRange();
    range.selectNodeContents(node);
    const { x, y, width, height } = range.getBoundingClientRect();
    if (node.textContent.trim() === "" || width === 0 || owner.closest("title, style")) continue;
    seen += 1;
    const style = getComputedStyle(owner);
    const back = behind(owner, x + width / 2, y + height / 2);
    const front = over(rgba(isSvg(owner) ? style.fill : style.color), back);
    const [dark = 0, light = 0] = [luminance(front), luminance(back)].sort((a, b) => a - b);
    const contrast = (light + 0.05) / (dark + 0.05);
    const size = Number.parseFloat(style.fontSize ?? "0");
    const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (contrast >= (isLarge ? least.large : least.text)) continue;
    const colours = `${front.map(Math.round)} on ${back.map(Math.round)}`;
    faint.push({ text: node.textContent.trim().slice(0, 40), contrast, colours });
  }
  return { seen, faint };
}
