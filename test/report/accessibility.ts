/** How well a page can be read by everybody: axe's rules, and the contrast of texts in pictures. */

import axe from "axe-core";
import type { Page } from "playwright-core";

/** The least contrast of text by WCAG 2.2, 1.4.3. */
const LEAST = 4.5;

/** What axe has beside what its types say. */
interface Colours {
  commons: {
    color: {
      Color: new () => { parseString: (text: string) => void };
      getContrast: (back: object, front: object) => number;
    };
  };
}

/** @returns what breaks a rule: the rule's name, and where */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const options = JSON.stringify({ resultTypes: ["violations"] });
  const result = await page.evaluate<axe.AxeResults>(`axe.run(${options})`);
  return result.violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}

interface Drawn {
  text: string;
  fill: string;
  /** The text's outline; where there is none, the page and the lanes behind it. */
  behind: string[];
}

/** Axe knows nothing of texts in pictures. Evaluated in the page, which knows nothing of this file. */
const DRAWN_TEXTS = `
(() => {
  const lane = document.querySelector(".lane.even");
  const around = [getComputedStyle(document.body).backgroundColor, getComputedStyle(lane).fill];
  return [...document.querySelectorAll("svg text")].map((element) => {
    const { fill, stroke } = getComputedStyle(element);
    const text = element.firstChild?.textContent ?? "";
    return { text, fill, behind: stroke === "none" ? around : [stroke] };
  });
})()`;

/** @returns the texts of pictures whose contrast is below AA, and how many were seen */
export async function faintTexts(page: Page): Promise<{ seen: number; faint: string[] }> {
  const texts = await page.evaluate<Drawn[]>(DRAWN_TEXTS);
  const { Color, getContrast } = (axe as unknown as Colours).commons.color;
  const parsed = (text: string) => {
    const colour = new Color();
    colour.parseString(text);
    return colour;
  };
  const faint = texts.flatMap(({ text, fill, behind }) => {
    const contrasts = behind.map((back) => getContrast(parsed(back), parsed(fill)));
    const least = Math.min(...contrasts);
    return least >= LEAST ? [] : [`${text}: ${least.toFixed(2)}, ${fill} on ${behind.join(", ")}`];
  });
  return { seen: texts.length, faint };
}
