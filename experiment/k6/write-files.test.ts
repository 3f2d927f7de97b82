import { Hash } from "@smithy/hash-node";
import { SignatureV4 } from "@smithy/signature-v4";
import fc from "fast-check";
import { expect, test } from "vitest";
import { inputs } from "../../test/effort.ts";
import type { Target } from "../core/target.ts";
import { k6Files } from "./write-files.ts";

const PLAN = {
  ...{ name: "p", clients: ["Ana"], holdMs: 1_000, steps: 5 },
  stages: [{ concurrency: 2, requests: 2, pauseMs: 0 }],
};

/** What the script signs of an address. */
function signedIn(url: URL): { path: string; query: string } {
  const target: Target = {
    url,
    description: { kind: "url", url: url.href },
    coldStartAllowanceMs: () => 1_000,
    obstacles: async () => [],
    close: async () => {},
  };
  const signing = { region: "eu-west-1", service: "lambda" };
  const experiment = { plan: PLAN, target, runners: 2, startAt: "2026-11-30T12:00:00Z", signing };
  const [, text = ""] = /^ {2}signing: (.*),$/m.exec(k6Files(experiment)["script.js"] ?? "") ?? [];
  return JSON.parse(text);
}

/** What AWS's own package signs of it. */
class Reference extends SignatureV4 {
  signedIn({ hostname, protocol, pathname: path, searchParams }: URL) {
    const query = Object.fromEntries(
      [...searchParams.keys()].map((name) => [name, searchParams.getAll(name)]),
    );
    const request = { method: "POST", protocol, hostname, path, query, headers: {} };
    const [, signedPath, signedQuery] = this.createCanonicalRequest(request, {}, "").split("\n");
    return { path: signedPath, query: signedQuery };
  }
}

test("the script signs of any address what AWS's own package does", () => {
  const reference = new Reference({
    ...{ credentials: { accessKeyId: "a", secretAccessKey: "s" }, region: "r", service: "lambda" },
    sha256: Hash.bind(null, "sha256"),
  });
  const sign = fc.constantFrom(..."aZ09-._~!'()*/+,;:@&=$ %\u00e4\u{1f600}");
  const text = fc.string({ unit: sign, maxLength: 12 });
  fc.assert(
    fc.property(text, fc.array(fc.tuple(text, text), { maxLength: 4 }), (path, query) => {
      const url = new URL("https://abc.lambda-url.eu-west-1.on.aws/");
      url.pathname = path;
      for (const [name, value] of query) url.searchParams.append(name, value);
      expect(signedIn(url)).toMatchObject(reference.signedIn(url));
    }),
    { numRuns: inputs(300, 10_000), examples: [["/it's/(no)*!//b/", [["!'()*", "~ +"]]]] },
  );
});
