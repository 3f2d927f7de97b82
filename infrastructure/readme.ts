/** The stack's README, which Pulumi shows beside its outputs. */

import { pulumiCommand, pulumiUpWith } from "../basics/printed-commands.ts";
import { DEFAULT_HOLD_MS } from "../handler/contract.ts";
import { idleCostUsdPerHour, loadCostUsd, usdText } from "../pricing/cost.ts";
import { priceOf } from "../pricing/price-list.ts";
import type { Configuration } from "./configuration.ts";

/** The reference experiment: two bursts of five requests. */
const REFERENCE = { requests: 10, atOnce: 5 };

/** What the text tells of a deployment. */
export interface Deployment {
  configuration: Configuration;
  /** The stack as commands name it. */
  stack: string;
  url: string;
  functionName: string;
  region: string;
  logGroupName: string;
}

/** Writes the README, in Markdown: what was deployed, who may use it, what to do, what it costs. */
export function stackReadme(deployment: Deployment): string {
  const { configuration, stack, url, functionName, region, logGroupName } = deployment;
  const { memoryMb, architecture, timeoutSeconds, maxHoldMs, generation } = configuration;
  const { reservedConcurrency, provisionedConcurrency, logRetentionDays } = configuration;
  return `# Lambda Concurrency Test

Can one Node.js process of this function serve more than one request at once?

| | |
|---|---|
| function | \`${functionName}\` in ${region} |
| URL | ${url} |
| size | ${memoryMb} MB, ${architecture} |
| limits | ${timeoutSeconds} s an invocation, ${maxHoldMs} ms a hold |
| reserved concurrency | ${reservedConcurrency} |
| provisioned concurrency | ${provisionedConcurrency} |
| logs | \`${logGroupName}\`, kept for ${counted(logRetentionDays, "day")} |

## Run it

In the project's folder:

| to | run |
|---|---|
| run the experiment | \`npm run tui -- --target stack:${stack}\` |
| run it without a screen | \`npm run experiment -- --target stack:${stack}\` |
| make all environments cold | \`${pulumiUpWith(stack, { generation: generation + 1 })}\` |
| follow the logs | \`aws logs tail ${logGroupName} --region ${region} --follow\` |
| remove everything | \`${pulumiCommand(stack, "destroy")}\` |
${provisionedConcurrency === "none" ? "" : ABOUT_PROVISIONED}
## Who may use it

${accessText(deployment)}

## What it costs

${costText(deployment)}
`;
}

const ABOUT_PROVISIONED = `
After an update has ended, AWS needs a minute or more to replace provisioned environments. A run
before that starts environments on demand.

AWS refuses to reserve fewer environments than are provisioned, and an update changes the
reservation first. So lower \`provisionedConcurrency\` in an update of its own, and
\`reservedConcurrency\` in the next one.
`;

/** What a URL without authorization means, and what ends it. */
export function openToEverybody(stack: string): string {
  const closing = pulumiUpWith(stack, { urlAuthorization: "AWS_IAM" });
  return `The URL takes requests from anybody, at your expense. Close it: \`${closing}\`.`;
}

function accessText({ configuration, stack, functionName }: Deployment): string {
  if (configuration.urlAuthorization === "NONE") return openToEverybody(stack);
  return `The URL takes requests that are signed with AWS credentials. The experiment signs its own, with those
that the AWS CLI would use. An administrator may do all it needs; for anybody else, the output
\`callerPolicy\` is the policy that allows it and no more:

\`\`\`
${pulumiCommand(stack, "stack output", "callerPolicy")} > policy.json
aws iam create-policy --policy-name ${functionName}-caller --policy-document file://policy.json
\`\`\`

Attach it to the user or role that runs the experiment. It is not part of the stack: remove it
yourself after the stack is destroyed.`;
}

function costText({ configuration, stack, region }: Deployment): string {
  const { memoryMb, architecture, maxHoldMs, provisionedConcurrency: kept } = configuration;
  const billed = { ...configuration, region };
  const holdMs = Math.min(DEFAULT_HOLD_MS, maxHoldMs);
  const cost = loadCostUsd(billed, { ...REFERENCE, holdMs });
  const idle =
    kept === "none"
      ? "The function costs nothing while nobody uses it."
      : `${usdText(idleCostUsdPerHour(billed))} an hour for ${counted(kept, "provisioned environment")}, ` +
        `used or not, until \`${pulumiUpWith(stack, { provisionedConcurrency: "none" })}\` ` +
        `or \`${pulumiCommand(stack, "destroy")}\`.`;
  return `${idle} One reference experiment, which is ${REFERENCE.requests} requests held for ${holdMs / 1_000} s each,
costs about ${usdText(cost)} with its logs. That is the list price of September 2026 for ${memoryMb} MB, ${architecture},
in ${region}, a region of the ${priceOf(billed).regionClass} price class, without the free tier.`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
