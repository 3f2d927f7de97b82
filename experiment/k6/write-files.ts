/**
 * What `npm run k6` writes: a script that k6 runs on every machine as it is, and a manifest by which the k6
 * operator runs it on Kubernetes. Which part of the work a runner has is k6's execution segment, so that all
 * get the same files.
 */

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { getCanonicalQuery } from "@smithy/signature-v4";
import { printable } from "../../basics/printable.ts";
import { shellWord } from "../../basics/printed-commands.ts";
import { ANSWER_HEADERS, MAX_BODY_BYTES } from "../core/firing/answers.ts";
import { burstOf, type Plan, startOffsets } from "../core/plan/plan.ts";
import type { Target } from "../core/target.ts";
import { VERSION } from "../version.ts";

const SCRIPT = "script.js";
const MANIFEST = "testrun.json";
/** What the objects on Kubernetes are called, and the secret that holds credentials. */
const NAME = "lambda-concurrency-test";
const SECRET = `${NAME}-credentials`;
/** What is filled in, in the script's line `const EXPERIMENT = {};`. */
const BLANK = "EXPERIMENT = {};";

export interface K6Experiment {
  plan: Plan;
  target: Target;
  /** How many fire a part each. */
  runners: number;
  /** When the first stage starts, ISO 8601; whoever runs the script may say another time. */
  startAt: string;
  /** What the signatures are for, where requests must be signed. */
  signing: { region: string; service: string } | undefined;
}

/** The files by their names. */
export function k6Files(experiment: K6Experiment): Record<string, string> {
  return {
    [SCRIPT]: scriptOf(experiment),
    [MANIFEST]: `${JSON.stringify(manifestOf(experiment), undefined, 2)}\n`,
  };
}

function scriptOf({ plan, target, runners, signing }: K6Experiment): string {
  const { description, url } = target;
  const starts = startOffsets(plan, runners);
  const experiment = {
    id: randomUUID(),
    plan,
    target: description,
    versions: { "lambda-concurrency-test": VERSION },
    stages: plan.stages.map((stage, index) => ({
      afterMs: starts[index],
      timeoutMs: plan.holdMs + target.coldStartAllowanceMs(stage),
      burst: burstOf(stage),
    })),
    signing: signing ? { ...signing, ...signedParts(url) } : null,
    headerNames: ANSWER_HEADERS,
    maxBodyLength: MAX_BODY_BYTES,
  };
  const template = readFileSync(new URL(SCRIPT, import.meta.url), "utf8");
  assert(template.includes(BLANK), "the script has a place for what is fired");
  const fields = Object.entries(experiment).map(
    ([name, value]) => `  ${name}: ${printable(JSON.stringify(value))},`,
  );
  return template.replace(BLANK, () => `EXPERIMENT = {\n${fields.join("\n")}\n};`);
}

/** What a signature holds of an address: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
function signedParts({ protocol, host, hostname, pathname, searchParams }: URL) {
  const request = { method: "POST", protocol, hostname, path: pathname, headers: {} };
  const query = Object.fromEntries(
    searchParams.keys().map((name) => [name, searchParams.getAll(name)]),
  );
  const segments = pathname.split("/").filter((segment) => segment !== "");
  const end = segments.length > 0 && pathname.endsWith("/") ? "/" : "";
  return {
    host,
    path: `/${segments.map(encodeAll).join("/")}${end}`,
    query: getCanonicalQuery({ ...request, query }),
  };
}

/** Encodes all but letters, digits, and -._~ as a signature wants it. */
function encodeAll(text: string): string {
  const code = (sign: string) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`;
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, code);
}

/** A `TestRun` of the k6 operator: https://grafana.com/docs/k6/latest/set-up/set-up-distributed-k6/ */
function manifestOf({ runners, startAt, signing }: K6Experiment): object {
  return {
    apiVersion: "k6.io/v1alpha1",
    kind: "TestRun",
    metadata: { name: NAME },
    spec: {
      parallelism: runners,
      arguments: "--no-usage-report",
      script: { configMap: { name: NAME, file: SCRIPT } },
      runner: {
        env: [{ name: "START", value: startAt }],
        // By reference, and not among `env`: the operator writes that on command lines.
        ...(signing && { envFrom: [{ secretRef: { name: SECRET } }] }),
      },
    },
  };
}

/** The commands that run the files of a folder: one for each machine, and those for Kubernetes. */
export function k6Commands(
  { runners, startAt, signing }: K6Experiment,
  folder: string,
): { machines: string[]; kubernetes: string[] } {
  const inFolder = (name: string) => shellWord(`${folder.replace(/\/+$/, "")}/${name}`);
  const ends = Array.from({ length: runners + 1 }, (_, part) => share(part, runners));
  const machines = ends.slice(1).map((end, part) => {
    const segment = `${ends[part]}:${end}`;
    const segments = `--execution-segment ${segment} --execution-segment-sequence ${ends}`;
    return [
      `k6 run --quiet --no-usage-report -e START=${startAt}`,
      ...(runners > 1 ? [segments] : []),
      `--console-output ${inFolder(`${part + 1}-of-${runners}.log`)} ${inFolder(SCRIPT)}`,
    ].join(" ");
  });
  // What stands on a command line, everybody on the machine can read.
  const credentials = "env | grep -E '^AWS_(ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN)='";
  const makeSecret = `kubectl create secret generic ${SECRET} --from-env-file=/dev/stdin`;
  const kubernetes = [
    `kubectl create configmap ${NAME} --from-file=${inFolder(SCRIPT)}`,
    ...(signing ? [`${credentials} | ${makeSecret}`] : []),
    `kubectl apply -f ${inFolder(MANIFEST)}`,
    `kubectl logs -l k6_cr=${NAME},runner=true --tail=-1 > ${inFolder("pods.log")}`,
  ];
  return { machines, kubernetes };
}

/** Where a part ends, as k6 reads it: `0`, `1/3`, `1`. */
function share(part: number, parts: number): string {
  if (part === 0) return "0";
  return part === parts ? "1" : `${part}/${parts}`;
}
