/**
 * The EC2 instances under Lambda Managed Instances: what their names say, and what they cost.
 *
 * The figures are EC2's list prices on demand, Linux, in us-east-1, of September 2026, from
 * https://aws.amazon.com/ec2/pricing/on-demand/; most other regions charge up to a third more. Savings
 * plans, reserved instances, disks and data transfer are not counted. Lambda adds a fee:
 * https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances.html#lambda-managed-instances-pricing
 */

import type { Architecture } from "./price-list.ts";

/** US dollars an hour for the size `large`, by family. Within a family the price grows with the size. */
const LARGE_USD: Record<string, number> = {
  c6g: 0.068,
  c6i: 0.085,
  c7a: 0.10264,
  c7g: 0.0725,
  c7i: 0.08925,
  c8g: 0.07976,
  m6g: 0.077,
  m6i: 0.096,
  m7a: 0.11592,
  m7g: 0.0816,
  m7i: 0.1008,
  m8g: 0.08976,
  r6g: 0.1008,
  r6i: 0.126,
  r7a: 0.15215,
  r7g: 0.1071,
  r7i: 0.1323,
  r8g: 0.11782,
};

/** What Lambda charges for running the instances, as a share of their price. */
const MANAGEMENT_FEE = 0.15;

/** The vCPUs of an instance that Lambda keeps for itself. Assumed: no page states it. */
const LAMBDAS_VCPUS = 1;

export interface InstanceType {
  /** Such as `m7g`. */
  family: string;
  vcpus: number;
  architecture: Architecture;
}

/**
 * Reads the name of an instance type. The letter g behind a family's generation stands for Graviton.
 * https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-type-names.html
 *
 * @returns `undefined` where it is no name of a type that has at least two vCPUs
 */
export function parseInstanceType(name: string): InstanceType | undefined {
  const [, family = "", attributes = "", xlarges] =
    /^([a-z]+\d+([a-z]*)(?:-[a-z]+)?)\.(?:large|(\d*)xlarge)$/.exec(name) ?? [];
  if (family === "") return undefined;
  return {
    family,
    vcpus: xlarges === undefined ? 2 : 4 * Number(xlarges || 1),
    architecture: attributes.startsWith("g") ? "arm64" : "x86_64",
  };
}

export interface ManagedLoad {
  type: string;
  /** How many execution environments are kept, and the vCPUs of each. */
  environments: number;
  vcpus: number;
}

/**
 * What the instances under so many environments cost an hour, used or not, in US dollars with Lambda's
 * fee. It is the least: Lambda may start more, as while a version is being published.
 *
 * @returns `undefined` where the price of the type is not known here
 */
export function managedUsdPerHour({ type, environments, vcpus }: ManagedLoad): number | undefined {
  const instance = parseInstanceType(type);
  const largeUsd = instance && LARGE_USD[instance.family];
  if (!instance || largeUsd === undefined) return undefined;
  const each = Math.max(1, Math.floor((instance.vcpus - LAMBDAS_VCPUS) / vcpus));
  const instances = Math.ceil(environments / each);
  return instances * largeUsd * (instance.vcpus / 2) * (1 + MANAGEMENT_FEE);
}
