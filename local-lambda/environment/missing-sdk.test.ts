import { expect, test } from "vitest";
import { MODELS } from "../../basics/models.ts";
import { codeFor, startLambda } from "../../test/embedded-lambda.ts";
import { startWords } from "../start-words.ts";
import { withMissingSdk } from "./missing-sdk.ts";

const HELP = (name: string) =>
  `(AWS's runtime brings it, this machine lacks it: run npm install ${name} in the code's folder, or bundle it)`;

test.each([
  ["Cannot find package '@aws-sdk/client-s3' imported from /x/index.mjs", "@aws-sdk/client-s3"],
  ["Error: Cannot find module '@smithy/core/retry'\nRequire stack:\n- /x.js", "@smithy/core"],
])("%j says what to install", (message, name) => {
  const [, quoted] = /('.*?')/.exec(message) ?? [];
  const expected = message.replace(`${quoted}`, `${quoted} ${HELP(name)}`);
  expect(withMissingSdk(message)).toBe(expected);
});

test.each([
  "Cannot find package 'left-pad' imported from /x/index.mjs",
  "Cannot find module '/x/node_modules/@aws-sdk/client-s3/gone.js' imported from /x/index.mjs",
  "Cannot find module './@aws-sdk/client-s3'",
  "@aws-sdk/client-s3 said no",
])("%j stays as it is: AWS's runtime lacks it as well", (message) => {
  expect(withMissingSdk(message)).toBe(message);
});

const IMPORT = 'await import("@aws-sdk/client-s3");';
const LAZY = `export const handler = async () => { ${IMPORT} };`;
const CODES: [file: string, source: string][] = [
  ["index.mjs", `import "@aws-sdk/client-s3"; export const handler = () => 1;`],
  ["index.cjs", `require("@aws-sdk/client-s3"); exports.handler = async () => 1;`],
  ["index.mjs", LAZY],
];

const CASES = MODELS.flatMap(
  (model) => CODES.map(([file, source]) => ({ model, file, source })),
  // What a server meets when it serves it answers itself.
).filter(({ model, source }) => model !== "web-function" || source !== LAZY);

test.each(CASES)("with $model a caller of $source is told", async ({ model, file, source }) => {
  const code = codeFor(model, source, file);
  const starting = startLambda({ model, environments: 1, code });
  // What cannot be initialized ends Managed Instances at their start.
  const told = await starting.then(async ({ url }) => (await fetch(url)).text(), startWords);
  expect(told).toContain(HELP("@aws-sdk/client-s3"));
});
