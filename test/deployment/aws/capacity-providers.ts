/**
 * Capacity providers of Lambda Managed Instances: instances in the account, on which functions run.
 * https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-capacity-providers.html
 */

import { setTimeout as wait } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { type Account, AwsError } from "./account.ts";
import type { Ec2 } from "./ec2.ts";
import { type Iam, OPERATOR_POLICY } from "./iam.ts";
import { type Kind, tags, text } from "./kind.ts";
import { patiently } from "./patience.ts";
import { isRecord, type Properties } from "./properties.ts";

/** How long one is made until it is active, in milliseconds. On AWS it is about a minute. */
const PENDING_MS = 100;

const list = z.array(z.string());
/** What is left out is not sent, and an empty list is: AWS takes one of the two lists only. */
const requirement = z
  .strictObject({
    architectures: z.array(z.enum(["arm64", "x86_64"])).length(1),
    allowedInstanceTypes: list.optional(),
    excludedInstanceTypes: list.optional(),
  })
  .refine((it) => !(it.allowedInstanceTypes && it.excludedInstanceTypes), {
    message: "Only one of AllowedInstanceTypes and ExcludedInstanceTypes can be specified",
  });
const scaling = z.strictObject({
  scalingMode: z.enum(["Auto", "Manual"]),
  maxVcpuCount: z.int().min(2).max(15_000),
  scalingPolicies: z.array(z.unknown()).min(1).optional(),
});

/** A function whose versions may run on several providers. */
interface User {
  readonly name: string;
  /** The vCPUs of the versions that are tied to a provider, by its ARN; none take 0. */
  readonly vcpusByProvider: ReadonlyMap<string, number>;
}

export class CapacityProvider {
  readonly arn: string;
  inputs: Properties;

  constructor(arn: string, inputs: Properties) {
    this.arn = arn;
    this.inputs = inputs;
  }

  get architectures(): unknown {
    return firstOf(this.inputs.instanceRequirements).architectures;
  }

  get maxVcpuCount(): number {
    return Number(firstOf(this.inputs.capacityProviderScalingConfigs).maxVcpuCount ?? 400);
  }
}

export class CapacityProviders {
  readonly account: Account;
  readonly #iam: Iam;
  readonly #ec2: Ec2;
  readonly #providers = new Map<string, CapacityProvider>();
  /** The functions of the account, which know what they run on. */
  users: () => Iterable<User> = () => [];

  constructor(account: Account, iam: Iam, ec2: Ec2) {
    this.account = account;
    this.#iam = iam;
    this.#ec2 = ec2;
  }

  get resources(): string[] {
    return [...this.#providers.keys()].map((name) => `capacity provider ${name}`);
  }

  /** The active one of an ARN. */
  withArn(arn: unknown): CapacityProvider | undefined {
    return [...this.#providers.values()].find((provider) => provider.arn === arn);
  }

  /** The vCPUs of all that runs on one. */
  vcpusOn({ arn }: CapacityProvider): number {
    return [...this.users()].reduce((sum, user) => sum + (user.vcpusByProvider.get(arn) ?? 0), 0);
  }

  readonly kind: Kind = {
    named: { property: "name", maxLength: 140 },
    computed: [
      ...["arn", "capacityProviderScalingConfigs", "instanceRequirements", "region", "tagsAll"],
    ],
    recomputed: (changed) => (changed.has("tags") ? ["tagsAll"] : []),
    replacing: [
      ...["instanceRequirements", "kmsKeyArn", "name", "permissionsConfig", "region", "vpcConfig"],
    ],
    inputs: z
      .object({
        name: text(/^[a-zA-Z0-9-_]+$/, 140),
        vpcConfig: z.strictObject({
          subnetIds: list.min(1).max(16),
          securityGroupIds: list.min(1),
        }),
        permissionsConfig: z.strictObject({ capacityProviderOperatorRoleArn: z.string() }),
        instanceRequirements: z.array(requirement).max(1),
        capacityProviderScalingConfigs: z.array(scaling).max(1),
        tags,
      })
      .partial(),
    create: async (inputs, made) => {
      this.account.note("CreateCapacityProvider");
      const name = String(inputs.name);
      const arn = this.account.arn("lambda", `capacity-provider:${name}`);
      this.#checkOperator(inputs.permissionsConfig);
      await patiently(/cannot be assumed/, () => this.#assume(inputs.permissionsConfig));
      const { subnetIds, securityGroupIds } = inputs.vpcConfig as Record<string, string[]>;
      this.#checkTypes(inputs, subnetIds ?? []);
      this.#ec2.attach(arn, subnetIds ?? [], securityGroupIds ?? []);
      made(name);
      await wait(PENDING_MS);
      this.#providers.set(name, new CapacityProvider(arn, inputs));
    },
    read: ({ id }) => {
      const provider = this.#providers.get(id);
      if (!provider) return undefined;
      const { tags: given, timeouts: _, ...inputs } = provider.inputs;
      const { region } = this.account;
      return { ...inputs, arn: provider.arn, region, tags: given, tagsAll: given };
    },
    update: async ({ id, changed, news }) => {
      const provider = this.#providers.get(id);
      if (!provider) throw new AwsError("ResourceNotFoundException", "No such provider.", 404);
      if (changed.has("tags")) this.account.note("TagResource");
      if (changed.has("capacityProviderScalingConfigs")) {
        this.account.note("UpdateCapacityProvider");
      }
      provider.inputs = news;
    },
    remove: async ({ id }) => {
      this.account.note("DeleteCapacityProvider");
      const provider = this.#providers.get(id);
      if (!provider) return;
      await patiently(/first remove its association/, () => {
        const user = [...this.users()].find((one) => one.vcpusByProvider.has(provider.arn));
        if (!user) return;
        const message =
          `The capacity provider is used by the function ${user.name}. To delete this capacity ` +
          "provider, first remove its association.";
        throw new AwsError("ResourceConflictException", message, 409);
      });
      this.#providers.delete(id);
      this.#ec2.detach(provider.arn);
    },
  };

  /** At once, since the provider would hide by its patience that the policy comes too late. */
  #checkOperator(permissions: unknown): void {
    const arn = isRecord(permissions) ? permissions.capacityProviderOperatorRoleArn : undefined;
    const role = [...this.#iam.roles.values()].find((one) => one.arn === arn);
    if (role?.attached.has(OPERATOR_POLICY)) return;
    throw invalid("The capacity provider operator role lacks permissions to manage instances.");
  }

  #assume(permissions: unknown): void {
    const arn = isRecord(permissions) ? permissions.capacityProviderOperatorRoleArn : undefined;
    if (this.#iam.assumable(arn)) return;
    throw invalid("The capacity provider operator role cannot be assumed by Lambda.");
  }

  /** Instances are started in each subnet, so each zone must offer the types. */
  #checkTypes({ instanceRequirements }: Properties, subnetIds: readonly string[]): void {
    const { allowedInstanceTypes = [], architectures } = firstOf(instanceRequirements);
    for (const type of allowedInstanceTypes as string[]) {
      // A `g` behind the generation stands for Graviton.
      const architecture = /^[a-z]+\d+g/.test(type) ? "arm64" : "x86_64";
      if (!isDeepStrictEqual(architectures, [architecture])) {
        throw invalid(`The instance type ${type} is not of the architecture ${architectures}.`);
      }
      const offered = this.#ec2.offerings.get(type) ?? [];
      const zones = subnetIds.map((id) => this.#ec2.subnets.get(id)?.zone);
      if (zones.every((zone) => zone !== undefined && offered.includes(zone))) continue;
      throw invalid(`The instance type ${type} is not supported in all zones of the subnets.`);
    }
  }
}

function firstOf(value: unknown): Properties {
  const [first] = Array.isArray(value) ? value : [];
  return isRecord(first) ? first : {};
}

function invalid(message: string): AwsError {
  return new AwsError("InvalidParameterValueException", message);
}
