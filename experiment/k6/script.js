/**
 * Fires an experiment of Lambda Concurrency Test with k6 (https://grafana.com/docs/k6): alone, or as one of
 * several runners, each of which gets its part as an execution segment of k6. Each virtual user holds one
 * request in flight, and prints a line for each answer; `npm run report` reads these lines.
 *
 * Variables, by -e NAME=VALUE or in the environment:
 *   START                  when all runners fire by their own clocks, such as 2026-11-30T12:00:00Z
 *   AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN
 *                          for a target that takes signed requests only
 *   CLOCK_AHEAD_MS         lets the clock of this runner seem to be ahead, to see what that does
 */

import { sleep } from "k6";
import { hmac, sha256 } from "k6/crypto";
import exec from "k6/execution";
import http from "k6/http";

/** What is fired at what. Times are milliseconds. */
const EXPERIMENT = {};

const { id, plan, target, versions, stages, signing, headerNames, maxBodyLength } = EXPERIMENT;
const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, CLOCK_AHEAD_MS, START } =
  __ENV;

/** Requests are signed and lines of runs printed so long before they are due: a signature ages. */
const ARMING_MS = 20_000;
/** After the virtual users are there, where nobody said when to start. */
const ALONE_MS = 3_000;

export const options = {
  scenarios: {
    experiment: {
      executor: "per-vu-iterations",
      vus: stages.reduce((most, { burst }) => Math.max(most, burst), 0),
      iterations: 1,
      // It waits for its start, and is never cut off.
      maxDuration: "168h",
    },
  },
};

/**
 * Fires what is this virtual user's of each stage, one request after the other. A runner that is the second
 * of three fires every third request from the second on, and its virtual users share these.
 */
export default function fire() {
  const runner = runnerOf(exec.test.options);
  const clock = Number(CLOCK_AHEAD_MS || 0);
  const begunAt = exec.scenario.startTime + clock;
  const startAt = startOf(runner, begunAt);
  const experiment = `${id}-${new Date(startAt).toISOString()}`;
  const slot = exec.scenario.iterationInInstance;
  const shareOf = (count) => Math.max(0, Math.ceil((count - (runner.number - 1)) / runner.of));
  const now = () => Date.now() + clock;
  const sleepUntil = (ms) => sleep(Math.max(0, ms - now()) / 1_000);

  for (const [index, { requests }] of plan.stages.entries()) {
    const { afterMs, timeoutMs, burst } = stages[index];
    const dueAt = startAt + afterMs;
    // One zero for all virtual users of this runner. If it came too late, it fires as soon as it can.
    const shotAt = Math.max(dueAt, begunAt);
    const run = `${experiment}/${index + 1}`;
    const said = { run, runner: runner.name, startedAt: new Date(shotAt).toISOString() };
    sleepUntil(dueAt - ARMING_MS);
    if (slot === 0) {
      const { names: runners } = runner;
      const times = { startAt: new Date(dueAt).toISOString() };
      print({
        type: "k6 run",
        experiment,
        index,
        plan,
        target,
        versions,
        runners,
        ...said,
        ...times,
      });
    }
    const atOnce = Math.min(shareOf(burst), exec.instance.vusInitialized);
    for (let own = slot; slot < atOnce && own < shareOf(requests); own += atOnce) {
      const request = runner.number - 1 + runner.of * own;
      const client = plan.clients[request % plan.clients.length];
      const body = JSON.stringify({ client, holdMs: plan.holdMs, steps: plan.steps });
      const headers = sign(body, now());
      sleepUntil(dueAt);
      // Rounded outward: the clock tells whole milliseconds that have passed.
      const sentAt = now() - shotAt;
      const answer = http.request("POST", target.url, body, {
        headers,
        redirects: 0,
        responseType: "text",
        timeout: timeoutMs,
      });
      const answeredAt = now() - shotAt + 1;
      const times = { sentAt, answeredAt };
      print(
        { type: "k6 answer", ...said, index: request, client, ...times, ...read(answer) },
        headers,
      );
    }
    sleepUntil(dueAt);
  }
}

/** Which of the equal parts of the work this process has, named as 2/3. */
function runnerOf({ executionSegment, executionSegmentSequence }) {
  const [from, to] = (executionSegment || "0:1").split(":").map(fraction);
  const of = Math.round(1 / (to - from));
  const parts = (executionSegmentSequence || "0,1").split(",").length - 1;
  if (parts !== of) {
    exec.test.abort(
      "The parts must be equal and all be named, such as by --execution-segment 0:1/2 " +
        "and --execution-segment-sequence 0,1/2,1",
    );
  }
  const number = Math.round(to * of);
  if (of === 1) return { number, of };
  const names = Array.from({ length: of }, (_, part) => `${part + 1}/${of}`);
  return { number, of, name: names[number - 1], names };
}

function fraction(text) {
  const [over, under = 1] = text.split("/");
  return over / under;
}

/** When the first stage is due, in milliseconds since 1970. */
function startOf({ of }, begunAt) {
  if (!START && of === 1) return begunAt + ALONE_MS;
  const startAt = Date.parse(START);
  // A time without its zone is another one on each machine.
  if (Number.isNaN(startAt) || !/(Z|[+-]\d\d:\d\d)$/.test(START)) {
    exec.test.abort("All runners need the same -e START=…, such as START=2026-11-30T12:00:00Z");
  }
  return startAt;
}

/** What is kept of an answer, or of its lack. */
function read({ status, headers, body, error, error_code: errorCode }) {
  const kept = {};
  for (const name of Object.keys(headers || {})) {
    if (headerNames.includes(name.toLowerCase())) kept[name.toLowerCase()] = headers[name];
  }
  const text = body || "";
  const isWhole = text.length <= maxBodyLength;
  // From 1400 on, the code only repeats the status: https://grafana.com/docs/k6/latest/javascript-api/error-codes/
  const isBroken = status === 0 || (errorCode > 0 && errorCode < 1_400);
  const failure = isBroken ? { error, errorCode } : {};
  return {
    isSigned: signing !== null,
    status,
    headers: kept,
    ...failure,
    isWhole,
    body: isWhole ? text : "",
  };
}

/**
 * The headers of a request; with a signature where the target takes no other:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
function sign(body, now) {
  const plain = { "content-type": "application/json" };
  if (signing === null) return plain;
  if (!AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY) {
    exec.test.abort(
      "There are no AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    );
  }
  const { host, path, query, region, service } = signing;
  const time = new Date(now).toISOString().replace(/[:-]|\.\d+/g, "");
  const day = time.slice(0, 8);
  const hash = sha256(body, "hex");
  const sent = { ...plain, "x-amz-content-sha256": hash, "x-amz-date": time };
  if (AWS_SESSION_TOKEN) sent["x-amz-security-token"] = AWS_SESSION_TOKEN;
  const signed = { ...sent, host };
  const names = Object.keys(signed).sort();
  const lines = names.map((name) => `${name}:${signed[name]}`);
  const canonical = ["POST", path, query, ...lines, "", names.join(";"), hash].join("\n");
  const scope = [day, region, service, "aws4_request"];
  const text = ["AWS4-HMAC-SHA256", time, scope.join("/"), sha256(canonical, "hex")].join("\n");
  const secret = `AWS4${AWS_SECRET_ACCESS_KEY}`;
  const key = scope.reduce((last, part) => hmac("sha256", last, part, "binary"), secret);
  const credential = `${AWS_ACCESS_KEY_ID}/${scope.join("/")}`;
  const signature = hmac("sha256", key, text, "hex");
  const fields = `Credential=${credential}, SignedHeaders=${names.join(";")}, Signature=${signature}`;
  return { ...sent, authorization: `AWS4-HMAC-SHA256 ${fields}` };
}

/** Prints a line of plain ASCII, which each of k6's formats keeps, without what a request keeps secret. */
function print(line, headers = {}) {
  const ascii = JSON.stringify(line).replace(
    /[^ -~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  console.log(
    secretsOf(headers).reduce((text, secret) => text.replace(secret, "[redacted]"), ascii),
  );
}

/** An answer may repeat the signature and the token, in whatever spelling: a%2Fb, a\u002fb. */
function secretsOf({ authorization }) {
  if (!authorization) return [];
  const token = (AWS_SESSION_TOKEN || "").replace(/[^0-9A-Za-z]+/g, ".{1,40}?");
  return [authorization.split("Signature=")[1], token]
    .filter(Boolean)
    .map((text) => new RegExp(text, "g"));
}
