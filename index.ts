/** The Pulumi program: `pulumi up` deploys the function, and prints what is exported here. */
import * as pulumi from "@pulumi/pulumi";
import { bundleHandler } from "./basics/bundle.ts";
import { parseConfiguration } from "./infrastructure/configuration.ts";
import { OnDemandFunction } from "./infrastructure/on-demand-function.ts";
import { stackReadme } from "./infrastructure/readme.ts";

/** The stack as commands name it; a state that is kept without Pulumi Cloud knows one organization. */
const organization = pulumi.getOrganization();
const stack =
  organization === "organization" ? pulumi.getStack() : `${organization}/${pulumi.getStack()}`;

const config = new pulumi.Config();
const names = Object.keys(pulumi.runtime.allConfig())
  .filter((key) => key.startsWith(`${config.name}:`))
  .map((key) => key.slice(config.name.length + 1));
const given = Object.fromEntries(names.map((name) => [name, config.get(name)]));
const parsed = parseConfiguration(given, stack);
// A RunError is shown without a stack trace: there is nothing to look up in the source.
if (!parsed.ok) throw new pulumi.RunError(parsed.message);
const { configuration } = parsed;

// Bundled before anything is registered, so that a broken handler changes nothing.
const bundle = await bundleHandler().catch((error: Error) => {
  throw new pulumi.RunError(`The handler does not build. ${error.message}`);
});
const deployed = new OnDemandFunction(configuration.namePrefix, { configuration, stack, bundle });

export const { url, functionName, region, logGroupName, codeSha256, callerPolicy } = deployed;
export const { urlAuthorization, memoryMb, architecture, timeoutSeconds, maxHoldMs, generation } =
  configuration;
export const { reservedConcurrency, provisionedConcurrency } = configuration;
export const readme = pulumi
  .output({ url, functionName, region, logGroupName })
  .apply((outputs) => stackReadme({ ...outputs, configuration, stack }));
