/** What a deployment says of itself: the README that Pulumi shows beside its outputs, and warnings. */

import assert from "node:assert/strict";
import { plural } from "../basics/counts.ts";
import type { Deployed, DeployedTarget } from "../basics/deployed-targets.ts";
import { pulumiCommand, pulumiUpWith } from "../basics/printed-commands.ts";
import { DEFAULT_HOLD_MS } from "../handler/contract.ts";
import {
  INSTANCE_PRICES,
  idleCostUsdPerHour,
  loadCostUsd,
  MANAGEMENT_FEE_PERCENT,
  priceOf,
  usdText,
} from "../pricing/cost.ts";
import { type Configuration, managedHourlyUsd, remedy } from "./configuration.ts";

/** The reference experiment: two bursts of five requests. */
const REFERENCE = { requests: 10, atOnce: 5 };

/** What the text tells of a deployment. */
export interface Deployment {
  configuration: Configuration;
  /** The stack as commands name it. */
  stack: string;
  /** One for each model. */
  targets: readonly DeployedTarget[];
}

/** Writes the README, in Markdown: what was deployed, who may use it, what to do, what it costs. */
export function stackReadme(deployment: Deployment): string {
  const { configuration, stack, targets } = deployment;
  const { generation, maxHoldMs, logRetentionDays } = configuration;
  const target = `--target stack:${stack}`;
  const several = targets.length > 1;
  const rows = [
    ["run the experiment", `npm run tui -- ${target}`],
    ["run it without a screen", `npm run experiment -- ${target}`],
    ...(several ? [["fire at all models", `npm run experiment -- ${target} --model all`]] : []),
    ["make all environments cold", pulumiUpWith(stack, { generation: generation + 1 })],
    ...targets.map(({ model, logGroupName, region }) => [
      several ? `follow the logs of ${model}` : "follow the logs",
      `aws logs tail ${logGroupName} --region ${region} --follow`,
    ]),
    ["remove everything", pulumiCommand(stack, "destroy")],
  ];
  return `# Lambda Concurrency Test

Can one Node.js process of ${several ? "these functions" : "this function"} serve more than one request at once?

| model | function | URL | size | logs |
|---|---|---|---|---|
${targets.map((one) => functionRow(one, configuration)).join("\n")}

A request may ask for a hold of up to ${maxHoldMs} ms. Logs are kept for ${plural(logRetentionDays, "day")}.

## Run it

In the project's folder:

| to | run |
|---|---|
${rows.map(([to, run]) => `| ${to} | \`${run}\` |`).join("\n")}
${notes(deployment).join("")}
## Who may use it

${accessText(deployment)}

## What it costs

${targets.map((one) => costText(one, deployment)).join("\n\n")}
`;
}

function functionRow(target: DeployedTarget, configuration: Configuration): string {
  const { model, functionName, region, url, logGroupName } = target;
  const size = sizeText(target, configuration);
  return `| ${model} | \`${functionName}\` in ${region} | ${url} | ${size} | \`${logGroupName}\` |`;
}

function sizeText(target: DeployedTarget, configuration: Configuration): string {
  switch (target.model) {
    case "on-demand": {
      const { memoryMb, architecture, reservedConcurrency, provisionedConcurrency } = target;
      return (
        `${memoryMb} MB, ${architecture}, ${configuration.timeoutSeconds} s an invocation; ` +
        `reserved concurrency ${reservedConcurrency}, provisioned ${provisionedConcurrency}`
      );
    }
    case "managed-instances": {
      const { minEnvironments, maxEnvironments, workers, maxConcurrency, instanceType } = target;
      const least = minEnvironments < maxEnvironments ? `${minEnvironments} to ` : "";
      return (
        `${least}${plural(maxEnvironments, "environment")} on ${instanceType}, ` +
        `${maxEnvironments > 1 ? "each " : ""}with ` +
        `${plural(workers, "worker thread")} and ${plural(maxConcurrency, "request")} at once`
      );
    }
    case "web-function":
      return (
        `up to ${plural(target.maxEnvironments, "environment")}, each with ` +
        `${plural(target.maxConcurrency, "request")} at once`
      );
  }
}

/** What one has to know of some configurations before one changes them. */
function notes({ configuration, targets }: Deployment): string[] {
  const { models, provisionedConcurrency, managedInstancesVersion } = configuration;
  const managed = targets.find(({ model }) => model === "managed-instances");
  return [
    ...(models.includes("on-demand") && provisionedConcurrency !== "none"
      ? [ABOUT_PROVISIONED]
      : []),
    ...(managed && managedInstancesVersion === "numbered" ? [aboutVersions(managed)] : []),
  ];
}

const ABOUT_PROVISIONED = `
After an update has ended, AWS needs a minute or more to replace provisioned environments. A run
before that starts environments on demand.

AWS refuses to reserve fewer environments than are provisioned, and an update changes the
reservation first. So lower \`provisionedConcurrency\` in an update of its own, and
\`reservedConcurrency\` in the next one.
`;

function aboutVersions({ functionName, region }: DeployedTarget): string {
  return `
On Managed Instances each change of the handler or of its settings publishes another version, and the
older ones keep their environments, which are charged on. Delete those that the alias \`live\` does not
stand for:

\`\`\`
aws lambda list-versions-by-function --function-name ${functionName} --region ${region} --query 'Versions[].Version'
aws lambda delete-function --function-name ${functionName} --region ${region} --qualifier VERSION
\`\`\`
`;
}

/**
 * What everybody should know who deploys this, one text a matter.
 *
 * @param isPreview nothing is changed yet: what an update may delete is said then, and only then
 */
export function stackWarnings(
  configuration: Configuration,
  stack: string,
  isPreview: boolean,
): string[] {
  const { models, urlAuthorization } = configuration;
  const left = models.filter((model) => model !== "managed-instances");
  const ending =
    left.length > 0
      ? `\`${pulumiUpWith(stack, { models: left.join(",") })}\` or \`${pulumiCommand(stack, "destroy")}\``
      : `\`${pulumiCommand(stack, "destroy")}\``;
  return [
    ...(urlAuthorization === "NONE" ? [openToEverybody(stack, models.length)] : []),
    ...(models.includes("managed-instances")
      ? [
          `Managed Instances cost ${hourText(configuration)}, used or not, from their creation on, also ` +
            `where this update fails half-way. What ends it: ${ending}.${versionsText(configuration)}`,
        ]
      : []),
    ...(models.includes("on-demand") || !isPreview
      ? []
      : [
          "on-demand is not among the models: where this stack has such a function, it is deleted, and " +
            `its URL will not come back. To keep it, ${remedy(stack, "models", ["on-demand", ...models].join(","))}.`,
        ]),
  ];
}

function versionsText({ managedInstancesVersion }: Configuration): string {
  if (managedInstancesVersion !== "numbered") return "";
  return (
    " Each change of the function adds a version, and the older ones cost as much again until they " +
    "are deleted; the stack's README says how."
  );
}

/** What URLs without authorization mean, and what ends it. */
function openToEverybody(stack: string, urls: number): string {
  const closing = pulumiUpWith(stack, { urlAuthorization: "AWS_IAM" });
  const many = urls > 1;
  return `The ${many ? `${urls} URLs take` : "URL takes"} requests from anybody, at your expense. Close ${many ? "them" : "it"}: \`${closing}\`.`;
}

function accessText({ configuration, stack, targets }: Deployment): string {
  if (configuration.urlAuthorization === "NONE") return openToEverybody(stack, targets.length);
  const subject = targets.length > 1 ? "The URLs take" : "The URL takes";
  const [first] = targets;
  assert(first, "the configuration names at least one model");
  return `${subject} requests that are signed with AWS credentials. The experiment signs its own, with those
that the AWS CLI would use. An administrator may do all it needs; for anybody else, the output
\`callerPolicy\` is the policy that allows it and no more:

\`\`\`
${pulumiCommand(stack, "stack output", "callerPolicy")} > policy.json
aws iam create-policy --policy-name ${first.functionName}-caller --policy-document file://policy.json
\`\`\`

Attach it to the user or role that runs the experiment. It is not part of the stack: remove it
yourself after the stack is destroyed.`;
}

function costText(target: DeployedTarget, deployment: Deployment): string {
  switch (target.model) {
    case "on-demand":
      return onDemandCost(target, deployment);
    case "managed-instances":
      return `Managed Instances cost ${hourText(deployment.configuration)}, used or not, since ${minuteOf(target.runningSince)} and until
they are destroyed. Requests are charged beside that.`;
    case "web-function":
      return `The web function costs nothing while nobody uses it, but for the few kilobytes of its code in S3. In
use, its requests, the time of its processors and its memory are charged, at rates that AWS publishes in
no form that this text could quote: https://aws.amazon.com/lambda/pricing/.`;
  }
}

function hourText(configuration: Configuration): string {
  const usd = managedHourlyUsd(configuration);
  const type = configuration.managedInstancesType;
  if (usd === undefined) {
    return `by the hour what EC2 charges for ${type} (${INSTANCE_PRICES}) and ${MANAGEMENT_FEE_PERCENT} % more`;
  }
  return `at least about ${usdText(usd)} an hour (list price of ${type} in us-east-1, September 2026, and Lambda's ${MANAGEMENT_FEE_PERCENT} %)`;
}

function onDemandCost(
  target: Deployed<"on-demand">,
  { configuration, stack }: Pick<Deployment, "configuration" | "stack">,
): string {
  const { memoryMb, architecture, provisionedConcurrency: kept, region } = target;
  const holdMs = Math.min(DEFAULT_HOLD_MS, configuration.maxHoldMs);
  const cost = loadCostUsd(target, { ...REFERENCE, holdMs });
  const idle =
    kept === "none"
      ? "The on-demand function costs nothing while nobody uses it."
      : `${usdText(idleCostUsdPerHour(target))} an hour for ${plural(kept, "provisioned environment")}, ` +
        `used or not, until \`${pulumiUpWith(stack, { provisionedConcurrency: "none" })}\` ` +
        `or \`${pulumiCommand(stack, "destroy")}\`.`;
  return `${idle} One reference experiment, which is ${REFERENCE.requests} requests held for ${holdMs / 1_000} s each,
costs about ${usdText(cost)} with its logs. That is the list price of September 2026 for ${memoryMb} MB, ${architecture},
in ${region}, a region of the ${priceOf(target).regionClass} price class, without the free tier.`;
}

/** An ISO date to the minute. */
function minuteOf(date: string): string {
  return `${date.slice(0, 16).replace("T", " ")} UTC`;
}
