/** The Pulumi program: `pulumi up` deploys each model's function, and prints what is exported here. */
import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { bundleHandler, bundleWebServer } from "./basics/bundle.ts";
import type { DeployedTarget } from "./basics/deployed-targets.ts";
import { NAME_ENDS, parseConfiguration } from "./infrastructure/configuration.ts";
import { ManagedInstancesFunction } from "./infrastructure/managed-instances-function.ts";
import { findNetwork } from "./infrastructure/network.ts";
import { OnDemandFunction } from "./infrastructure/on-demand-function.ts";
import { callerPolicy as policyOfCallers } from "./infrastructure/policies.ts";
import { stackReadme, stackWarnings } from "./infrastructure/readme.ts";
import { withDefaultTags } from "./infrastructure/tags.ts";
import { WebFunction } from "./infrastructure/web-function.ts";

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
const { models, namePrefix } = configuration;

// Bundled and looked up before anything is registered, so that what is wrong changes nothing.
const isWeb = models.includes("web-function");
const isHandler = models.some((model) => model !== "web-function");
const [handler = "", webServer = ""] = await Promise.all([
  isHandler ? bundleHandler() : undefined,
  isWeb ? bundleWebServer() : undefined,
]).catch((error: Error) => {
  throw new pulumi.RunError(`The handler does not build. ${error.message}`);
});
const network = await findNetwork(configuration, stack).catch((error: Error) => {
  const { message } = error;
  if (pulumi.RunError.isInstance(error)) throw error;
  throw new pulumi.RunError(`AWS does not say what this region has. ${message}`);
});

const deployment = { project: pulumi.getProject(), stack: pulumi.getStack() };
const tags = withDefaultTags(configuration.tags, deployment);
const args = { configuration, tags, code: handler };
const onDemand = models.includes("on-demand") ? new OnDemandFunction(namePrefix, args) : undefined;
const managed =
  network &&
  new ManagedInstancesFunction(`${namePrefix}${NAME_ENDS["managed-instances"]}`, {
    ...args,
    network,
  });
const web = isWeb
  ? new WebFunction(`${namePrefix}${NAME_ENDS["web-function"]}`, { ...args, code: webServer })
  : undefined;
for (const warning of stackWarnings(configuration, stack, pulumi.runtime.isDryRun()))
  void pulumi.log.warn(warning);

const deployed = [onDemand, managed, web].filter((one) => one !== undefined);
const [first] = deployed;
assert(first, "the configuration names at least one model");
/** One for each model, in the order of the models. */
export const targets = pulumi.all<DeployedTarget>(deployed.map(({ target }) => target));
export const { url, functionName, region, logGroupName } = first.target;
export const callerPolicy = policyOfCallers(deployed.map(({ callee }) => callee));
export const { urlAuthorization, maxHoldMs, generation } = configuration;
export const codeSha256 = onDemand?.codeSha256;
const ofOnDemand = onDemand ? configuration : undefined;
export const memoryMb = ofOnDemand?.memoryMb;
export const architecture = ofOnDemand?.architecture;
export const timeoutSeconds = ofOnDemand?.timeoutSeconds;
export const reservedConcurrency = ofOnDemand?.reservedConcurrency;
export const provisionedConcurrency = ofOnDemand?.provisionedConcurrency;
export const readme = targets.apply((all) => stackReadme({ targets: all, configuration, stack }));
