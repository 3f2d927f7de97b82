import { describe, expect, test } from "vitest";
import { tagsRule, withDefaultTags } from "./tags.ts";

const DEFAULTS = { project: "lambda-concurrency-test", stack: "dev" };

/** So many pairs with different names. */
function pairs(count: number): string {
  return Array.from({ length: count }, (_, index) => `name${index}=${index}`).join(",");
}

describe("reads", () => {
  test.each([
    ["none", {}],
    ["team=platform", { team: "platform" }],
    ["team=platform,cost-center=42", { team: "platform", "cost-center": "42" }],
    [" team = platform , owner = Ana B. ", { team: "platform", owner: "Ana B." }],
    ["empty=", { empty: "" }],
    ["query=a = b", { query: "a = b" }],
    ["größe=ß,mail=ana@example.org", { größe: "ß", mail: "ana@example.org" }],
    ["not-aws=aws", { "not-aws": "aws" }],
    [`${"n".repeat(128)}=${"v".repeat(256)}`, { ["n".repeat(128)]: "v".repeat(256) }],
  ])("%j", (text, tags) => {
    expect(tagsRule.read(text)).toEqual(tags);
  });

  test("as many as AWS takes beside the default ones", () => {
    expect(Object.keys(tagsRule.read(pairs(48)) ?? {})).toHaveLength(48);
    expect(tagsRule.read(pairs(49))).toBeUndefined();
    expect(tagsRule.read(`${pairs(48)},project=mine`)).toMatchObject({ project: "mine" });
  });
});

describe("refuses, and suggests what of it is allowed", () => {
  test.each([
    ["", "none"],
    ["team", "none"],
    ["=platform", "none"],
    ["team=platform,", "team=platform"],
    ["team=a,team=b", "team=a"],
    ["team=a,Team=b", "team=a"],
    ["aws:team=a,owner=b", "owner=b"],
    ["AWS:team=a,owner=b", "owner=b"],
    ["team=aws:a,owner=b", "owner=b"],
    ["team=a;b,owner=b", "owner=b"],
    ["team=a\nb,owner=b", "owner=b"],
    [`${"n".repeat(129)}=1`, "none"],
    [`n=${"v".repeat(257)}`, "none"],
    [pairs(50), pairs(48)],
  ])("%j", (text, suggestion) => {
    expect(tagsRule.read(text)).toBeUndefined();
    const nearest = tagsRule.nearest(text);
    expect(tagsRule.write?.(nearest)).toBe(suggestion);
    expect(tagsRule.read(suggestion)).toEqual(nearest);
  });
});

describe("the default tags", () => {
  test("are added", () => {
    expect(withDefaultTags({ team: "a" }, DEFAULTS)).toEqual({ ...DEFAULTS, team: "a" });
  });

  test("give way to the user's, in whatever case, since a role takes only one of them", () => {
    expect(withDefaultTags({ Project: "mine" }, DEFAULTS)).toEqual({
      stack: "dev",
      Project: "mine",
    });
  });
});
