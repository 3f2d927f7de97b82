/** Where AWS offers which model. */
import type { Model } from "../basics/models.ts";
import { type Configuration, refusal, remedy } from "./configuration.ts";

/** Where a stack is deployed. */
interface Place {
  region: string;
  /** Such as `aws`, or `aws-cn` of China. */
  partition: string;
}

/**
 * Regions without Managed Instances, of AWS's standard partition: Lambda Managed Instances in AWS's
 * list of regional services, and where CloudFormation lacks the type AWS::Lambda::CapacityProvider.
 * As of November 2026.
 */
const WITHOUT_MANAGED_INSTANCES = ["ap-southeast-6", "me-central-1", "me-south-1"];

/**
 * Regions with Web Functions: where CloudFormation has the type AWS::Lambda::WebFunction, as the
 * schemas of cfn-lint 1.58 list it. As of November 2026.
 */
const WITH_WEB_FUNCTIONS = [
  ...["ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1"],
  ...["ap-southeast-2", "ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2"],
  ...["eu-west-3", "sa-east-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2"],
];

/**
 * Why the configured models cannot be deployed at a place.
 *
 * @param stack as commands name it
 * @returns the refusal with what sets it right, or `undefined`
 */
export function lackOfModels(
  { models }: Pick<Configuration, "models">,
  place: Place,
  stack: string,
): string | undefined {
  const lacking = models.filter((model) => !offers(place, model));
  if (lacking.length === 0) return undefined;
  const left = models.filter((model) => !lacking.includes(model));
  const rest = remedy(stack, "models", left.join(",") || "on-demand");
  return refusal([
    `models names ${lacking.join(" and ")}, which AWS does not offer in ${place.region}; ${rest}`,
  ]);
}

function offers({ region, partition }: Place, model: Model): boolean {
  if (model === "on-demand") return true;
  if (partition !== "aws") return false;
  return model === "web-function"
    ? WITH_WEB_FUNCTIONS.includes(region)
    : !WITHOUT_MANAGED_INSTANCES.includes(region);
}
