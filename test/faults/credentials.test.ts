/** Credentials are for the signature alone, and what is kept is for its owner. */

import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { clientOf, startServer } from "../http-server.ts";
import { processIds, readProcessFile, start, temporaryFolder } from "../processes.ts";
import { outcomesOf, recordIn, recordsIn, report, startLambdaAlone } from "../programs.ts";
import { outputsOf, stackOf } from "../pulumi.ts";
import { openScreen } from "../screen/open-screen.ts";
import { KEYS } from "../screen/terminal.ts";
import { waitUntil } from "../wait-until.ts";

const KEY = "AKIDEXAMPLE";
const SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYzEXAMPLE";
/** As long as they are: a part of it is a leak as well. */
const TOKEN = `IQoJb3JpZ2luX2VjE/${"Zm9v/YmFy+".repeat(40)}==`;

/** Every part of the secrets that is long enough to be no accident. */
function isIn(text: string): boolean {
  const plain = text.replaceAll(/\\\/|%2f/gi, "/");
  return [SECRET.slice(0, 12), SECRET.slice(-12), TOKEN.slice(0, 24)].some((part) =>
    plain.includes(part),
  );
}

/** The caller's credentials, a stack at a URL that takes signed requests, and folders of its own. */
function signedStack(url: string) {
  const [data, temporary] = [temporaryFolder(), temporaryFolder()];
  const outputs = { ...outputsOf(url), urlAuthorization: "AWS_IAM" };
  const env = {
    AWS_ACCESS_KEY_ID: KEY,
    AWS_SECRET_ACCESS_KEY: SECRET,
    AWS_SESSION_TOKEN: TOKEN,
    AWS_EC2_METADATA_DISABLED: "true",
    LAMBDA_CONCURRENCY_TEST_DATA: data,
    TMPDIR: temporary,
    ...stackOf(outputs),
  };
  return { data, temporary, env };
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** What any user of the machine can see of its processes. */
const processList = () =>
  processIds()
    .map((pid) => readProcessFile(pid, "cmdline"))
    .join("\n");

const AT_STACK = ["--target", "stack", "--hold", "100ms", "--runs", "1"];

test("credentials are in nothing that is printed, recorded, reported or listed of a signed run", async () => {
  const region = ["--region", "eu-west-1", "--authorization", "AWS_IAM"];
  const keys = { AWS_ACCESS_KEY_ID: KEY, AWS_SECRET_ACCESS_KEY: SECRET, AWS_SESSION_TOKEN: TOKEN };
  const lambda = await startLambdaAlone(region, keys);
  const { data, temporary, env } = signedStack(lambda.url);
  const run = start("experiment", [...AT_STACK, "--hold", "1s"], env);
  await waitUntil("the record", () => recordsIn(data).length > 0);
  expect(isIn(processList())).toBe(false);
  // How certain the verdict is depends on how long the cold starts took.
  expect([0, 3]).toContain(await run.ended);
  const [record = ""] = recordsIn(data);
  expect(outcomesOf(recordIn(data))).toEqual(Array(5).fill("ok"));
  const printed = [run, lambda].flatMap(({ stdout, stderr }) => [stdout(), stderr()]);
  const reports = ["text", "json", "csv", "html"].map(async (format) => {
    const { code, stdout, stderr } = await report(record, "--format", format);
    expect(code).toBe(0);
    printed.push(stdout, stderr);
  });
  await Promise.all(reports);
  const written = [...filesBelow(data), ...filesBelow(temporary)].map((file) =>
    readFileSync(file, "utf8"),
  );
  expect([...printed, ...written].filter(isIn)).toEqual([]);
});

test("a token that an answer repeats is taken out before anybody sees it", async () => {
  const { url } = await startServer((request, response) => {
    // As services explain a signature that they do not accept, by the request as they read it.
    const { headers } = request;
    const { authorization = "" } = headers;
    const seen = `x-amz-security-token:${headers["x-amz-security-token"]}`;
    const client = clientOf(request);
    if (client === "Ana") response.writeHead(403).end(JSON.stringify({ message: seen }));
    else if (client === "Barbara") response.end(seen.replaceAll("/", "\\/"));
    else if (client === "Mario") response.end(authorization);
    else if (client === "Dean") {
      const location = `/?X-Amz-Security-Token=${encodeURIComponent(TOKEN)}`;
      response.writeHead(302, { location, "x-amzn-requestid": `of ${TOKEN}` }).end();
    } else {
      const globalData = { counter: 1, client, clients: [seen, authorization] };
      response.end(JSON.stringify({ client, globalData, message: seen }));
    }
  });
  const cwd = temporaryFolder();
  const { data, env } = signedStack(url.href);
  const size = { columns: 200, rows: 50 };
  const { terminal } = await openScreen({ args: AT_STACK, data, env, cwd, ...size });
  const text = await terminal.pressFor(KEYS.enter, /INCONCLUSIVE[\s\S]*⏎ fire/);
  expect(text).toMatch(/403 x-amz-security-token:\[redacted\]/);
  expect(text).toMatch(/302 a redirect to \/\?X-Amz-Security-Token=\[redacted\]/);
  await terminal.pressFor("s", /Report: \.\//);
  terminal.press("q");
  expect(await terminal.exited).toBe(0);
  const [page = ""] = readdirSync(cwd);
  const files = [...filesBelow(data), join(cwd, page)];
  const texts = [terminal.written, ...files.map((file) => readFileSync(file, "utf8"))];
  expect(texts.filter(isIn)).toEqual([]);
  expect(texts.filter((one) => /Signature=[0-9a-f]{16}/.test(one))).toEqual([]);
  expect(readFileSync(recordsIn(data)[0] ?? "", "utf8").match(/\[redacted\]/g)).toHaveLength(8);
});

test("what is kept can be read by its owner alone, whatever the user's umask", async () => {
  const umask = process.umask(0);
  onTestFinished(() => void process.umask(umask));
  const { url } = await startServer((_, response) => response.writeHead(500).end());
  const home = temporaryFolder();
  const [data, cwd] = [join(home, "data"), temporaryFolder()];
  const { terminal } = await openScreen({ data, cwd, args: ["--hold", "100ms"] });
  await terminal.pressFor("t", /▸ on-demand/);
  terminal.press(KEYS.up);
  await terminal.pressFor(url.href, new RegExp(url.host));
  await terminal.pressFor(KEYS.enter, /⏎ fire/);
  await terminal.pressFor(KEYS.enter, /INCONCLUSIVE[\s\S]*⏎ fire/);
  await terminal.pressFor("s", /Report: \.\//);
  terminal.press("q");
  await terminal.exited;
  const [record = ""] = recordsIn(data);
  const [page = ""] = readdirSync(cwd);
  const modes = Object.fromEntries(
    [data, join(data, "records"), record, join(data, "settings.json"), join(cwd, page)].map(
      (path) => [path, existsSync(path) && (statSync(path).mode & 0o777).toString(8)],
    ),
  );
  expect(Object.values(modes)).toEqual(["700", "700", "600", "600", "600"]);
});
