/** The stack's README, which Pulumi shows beside its outputs. */
import type { Configuration } from "./configuration.ts";

/** What the text tells of a deployment. */
export interface Deployment {
  configuration: Configuration;
  url: string;
  functionName: string;
  region: string;
  logGroupName: string;
}

const WHO_MAY_USE_IT: Record<Configuration["urlAuthorization"], string> = {
  AWS_IAM:
    "It takes requests that are signed with AWS credentials, whose identity needs " +
    "`lambda:InvokeFunctionUrl` and `lambda:InvokeFunction`. The experiment does not sign its " +
    "requests. Open the URL first: `pulumi config set urlAuthorization NONE && pulumi up`.",
  NONE:
    "It takes requests from anybody, at your expense. " +
    "Close it: `pulumi config set urlAuthorization AWS_IAM && pulumi up`.",
};

/** Writes the README, in Markdown: what was deployed, and what to do with it. */
export function stackReadme(deployment: Deployment): string {
  const { configuration, url, functionName, region, logGroupName } = deployment;
  const { memoryMb, architecture, timeoutSeconds, maxHoldMs, reservedConcurrency, generation } =
    configuration;
  return `# Lambda Concurrency Test

Can one Node.js process of this function serve more than one request at once?

| | |
|---|---|
| function | \`${functionName}\` in ${region} |
| URL | ${url} |
| size | ${memoryMb} MB, ${architecture} |
| limits | ${timeoutSeconds} s an invocation, ${maxHoldMs} ms a hold |
| reserved concurrency | ${reservedConcurrency} |
| logs | \`${logGroupName}\` |

${WHO_MAY_USE_IT[configuration.urlAuthorization]}

In the project's folder:

| to | run |
|---|---|
| run the experiment | \`npm run tui -- --target ${url}\` |
| run it without a screen | \`npm run experiment -- --target ${url}\` |
| make all environments cold | \`pulumi config set generation ${generation + 1} && pulumi up\` |
| follow the logs | \`aws logs tail ${logGroupName} --region ${region} --follow\` |
| remove everything | \`pulumi destroy\` |
`;
}
