import { expect, test } from "vitest";
import { StartError } from "./start-error.ts";
import { startWords } from "./start-words.ts";

const folder = "/f";

test.each([
  [
    new StartError("no handler name", { handler: "index" }),
    /^"index" is no handler: .+ such as --handler index\.handler\.$/,
  ],
  [
    new StartError("no server file", { file: "a.js", folder }),
    /^There is no file a\.js in \/f\. .+ name its file with --handler, /,
  ],
  [
    new StartError("no handler file", {
      ...{ handler: "app.handler", folder, names: ["app.js", "app.mjs"], there: ["app.ts"] },
    }),
    /^The handler app\.handler is not in \/f: there is none of app\.js, app\.mjs\. It holds app\.ts\. app\.ts is TypeScript: build it first/,
  ],
])("%s is said with what helps", (error, words) => {
  expect(startWords(error)).toMatch(words);
});
