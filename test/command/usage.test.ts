/** Wrong usage of each program: it exits with 2, says what would be right, and leaves nothing. */

import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { runToEnd, temporaryFolder } from "../processes.ts";

const AT_URL = "--target http://127.0.0.1:9/";
const NOW = new Date().toISOString();
const part = (name: string, startAt = NOW) =>
  `--part ${name} --start-at ${startAt} --experiment ours`;

/** By program: what is typed, and what is said. */
const WRONG: Record<string, [typed: string, words: string | RegExp][]> = {
  experiment: [
    ["--concurrency fifty", '--concurrency: "fifty" is not a whole number from 1 to 1,000,000'],
    ["--hold 2h", '--hold: "2h" is not a duration from 100 ms to 1 min, such as 5s'],
    ["--hold 500", "from 100 ms to 1 min, a number alone means seconds"],
    ["--target localhost:9000", "such as http://localhost:9000"],
    ["--out page.html", "--out: page.html would hold the record, which is NDJSON"],
    ["--out folder/", "--out: That is a folder: name a file in it."],
    ["--target nowhere", '--target: "nowhere" is no target: use local, stack, or a URL'],
    ["--model magic", "'magic' is invalid. Allowed choices are on-demand"],
    ["--concurency 5", "Did you mean --concurrency?"],
    ["leftover", "too many arguments"],
    ["--plan slope", '--plan: "slope" is none of reference, burst, ramp, steady, lifetime'],
    ["--plan none.json", "--plan: none.json does not exist: check its name"],
    ["--plan ./package.json", "--plan: ./package.json: stages must be a list of 1 to 1,000"],
    ["--plan ramp --requests 5", "--requests: means nothing in the plan ramp"],
    ["--environments 0", "'0' is invalid. It must be a whole number from 1"],
    ["--workers 2", "--workers is an option of managed-instances"],
    ["--target stack --max-concurrency 2", "--max-concurrency: only the embedded Lambda"],
    ["--target http://127.0.0.1/ --model web-function", "--model: only the embedded Lambda"],
    ["--cross-check", "--cross-check: only a stack has a log to ask; add --target stack"],
    ["--model all --control", "--control: web-function is one of the models"],
    ["--model all --expect on-demand=maybe", "one for each model, such as on-demand=isolated"],
    ["--model all --expect isolated,shared", "or one for each model"],
    ["--model web-function,on-demand --workers 2", "--workers is an option of managed-"],
    ["--expect web-function=shared", "--expect: nothing is fired at web-function"],
    ["--model all --out package.json", "--out: package.json is a file.\nName a folder"],
    ["--model all --max-concurrency 129", "of web-function is at most 128"],
    ["--part 2/3", /^Add --start-at 2\S+Z --experiment \w+, with the same time and id in all/m],
    [`--start-at ${NOW} --experiment ours`, /^Add --part 1\/2 and 2\/2 in the other one/m],
    ["--part 4/3", "It must be one of two parts or more, such as 2/3."],
    ["--start-at 2026-02-30T10:00:00Z", "It must be a time as ISO 8601 has it, with Z or"],
    ["--start-at 2026-11-30T10:00:00", "It must be a time as ISO 8601 has it, with Z or"],
    ["--experiment a,b", "It must be up to 100 letters"],
    [part("1/2"), /^Start one with "npm run local-lambda -- --model on-demand", and name/m],
    [`${AT_URL} ${part("1/6")}`, /has 5 requests at once, .*\nFire at most 5 parts/],
    [`${AT_URL} ${part("1/2", "2026-01-01T00:00:00Z")}`, /ago, and what .* is over\.\nName a time/],
    [`${AT_URL} ${part("1/2", "2099-01-01T00:00:00Z")}`, /is more than a day ahead\.\nName a/],
    [`${AT_URL} ${part("1/2")} --control`, /^error: --control: .*\nFire it alone/],
    [`${part("1/2")} --model all`, /each model is an experiment of its own\.\nName one/],
  ],
  report: [
    ["", "No record was named.\nName a file"],
    ["x --format pdf", "'pdf' is invalid. Allowed choices are text, json, csv, html."],
    ["/nowhere/x.ndjson", "/nowhere/x.ndjson does not exist.\nCheck the name"],
    ["/", "/ holds no .log, .ndjson or .ndjson.gz.\nBring the logs"],
    ["package.json", 'be read as a record: line 1: it is "{", and must be a JSON object.'],
    ["- -", "Standard input can be read once.\nName - once."],
    ["-", "standard input cannot be read as a record: it holds no line of one."],
    ["x --out page.pdf", "--out: the ending of page.pdf is that of no report."],
    ["x --fromat json", "Did you mean --format?"],
  ],
  k6: [
    [
      "--out /nowhere/k6 --target local",
      'Start one with "npm run local-lambda -- --port 9000", and name its URL',
    ],
    [
      "--out /nowhere/k6 --target http://a/ --runners 6",
      "--runners: a burst of 5 has parts for 5 at most",
    ],
    [
      "--out /nowhere/k6 --start-at 2026-11-30T12:00:00",
      /--start-at .* must be a time as ISO 8601 has it/,
    ],
  ],
  "local-lambda": [
    ["--port x", "It must be a whole number from 0 to 65535"],
    ["--env novalue", "It must look like NAME=value"],
    ["--region Mars!", "It must look like eu-west-1"],
    ["--prot 1", "Did you mean --port?"],
    ["--workers 2", "--workers is an option of managed-instances: leave it out with --model"],
    ["--handler index.handler", "add --code FOLDER"],
    ["--authorization IAM", "Allowed choices are NONE, AWS_IAM"],
  ],
  "check-handler": [
    ["", /^error: Name the folder that holds your code/],
    ["--code .", /^error: Name a file of at least two requests[\s\S]*Bearer token-of-ana/],
    ["--code . --events package.json", "the file must be a list of 2 to 20 events"],
    ["--model on-demand", "serves one request at a time, so nothing can meet"],
    ["--env-file none", "does not exist: check its name"],
    ["--out none/a.json", /there is no folder .*none\.$/m],
    ["--out page.html", "npm run report makes the page of it"],
    ["--rounds 0", "must be a whole number from 1 to 1000"],
  ],
};

test.each(Object.entries(WRONG))(
  "whoever uses %s wrongly is told what would be right",
  async (program, wrong) => {
    await Promise.all(
      wrong.map(async ([typed, words]) => {
        const data = temporaryFolder();
        const args = typed.split(" ").filter(Boolean);
        const ended = await runToEnd(program, args, { LAMBDA_CONCURRENCY_TEST_DATA: data });
        const { code, stdout, stderr } = ended;
        const nothing = { code: 2, stdout: "", kept: [] };
        expect.soft({ code, stdout, kept: readdirSync(data) }, typed).toEqual(nothing);
        expect.soft(stderr, typed).toMatch(words);
      }),
    );
  },
);
