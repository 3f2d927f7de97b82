/**
 * The EC2 instances under Lambda Managed Instances: what their names say, and what they cost.
 *
 * The figures are EC2's list prices on demand, Linux, in us-east-1, of September 2026; most other
 * regions charge up to a third more. Savings plans, reserved instances, disks and data transfer are
 * not counted. Lambda adds a fee:
 * https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances.html#lambda-managed-instances-pricing
 */

import type { Architecture } from "../basics/deployed-targets.ts";
import { MANAGEMENT_FEE_PERCENT } from "./cost.ts";

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

/** The part of an instance that Lambda keeps for itself. Assumed: no page states it. */
const LAMBDAS_OWN = { vcpus: 1, memoryGb: 1 };

/** GB of memory for each vCPU: of types for computing, for anything, and for much memory. */
const GB_PER_VCPU: Record<string, number> = { c: 2, m: 4, r: 8 };

export interface InstanceType {
  /** Such as `m7g`. */
  family: string;
  vcpus: number;
  memoryGb: number;
  architecture: Architecture;
}

/**
 * Reads the name of an instance type. The letter g behind a family's generation stands for Graviton.
 * https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-type-names.html
 *
 * @returns `undefined` where it is no name of a type that has at least two vCPUs, or none of the
 * families that Managed Instances are made of
 */
export function parseInstanceType(name: string): InstanceType | undefined {
  const [, family = "", attributes = "", xlarges] =
    /^([a-z]+\d+([a-z]*)(?:-[a-z]+)?)\.(?:large|(\d*)xlarge)$/.exec(name) ?? [];
  const gbPerVcpu = GB_PER_VCPU[family.replace(/\d.*/, "")];
  if (gbPerVcpu === undefined) return undefined;
  const vcpus = xlarges === undefined ? 2 : 4 * Number(xlarges || 1);
  return {
    family,
    vcpus,
    memoryGb: vcpus * gbPerVcpu,
    architecture: attributes.startsWith("g") ? "arm64" : "x86_64",
  };
}

/** Execution environments that are kept on instances of a type. */
export interface ManagedLoad {
  type: InstanceType;
  environments: number;
  /** Of one environment. */
  vcpus: number;
  memoryGb: number;
}

/** Whether an environment finds room on an instance at all. */
export function fitsInstance({
  type,
  vcpus,
  memoryGb,
}: Omit<ManagedLoad, "environments">): boolean {
  return vcpus <= type.vcpus && memoryGb < type.memoryGb;
}

/** How many instances hold so many environments, of which each fits into one. */
export function instancesFor({ type, environments, vcpus, memoryGb }: ManagedLoad): number {
  const byCpu = Math.floor((type.vcpus - LAMBDAS_OWN.vcpus) / vcpus);
  const byMemory = Math.floor((type.memoryGb - LAMBDAS_OWN.memoryGb) / memoryGb);
  return Math.ceil(environments / Math.max(1, Math.min(byCpu, byMemory)));
}

/**
 * What the instances under so many environments cost an hour, used or not, in US dollars with Lambda's
 * fee. It is the least: Lambda may start more, as while a version is being published.
 *
 * @returns `undefined` where the price of the type is not known here
 */
export function managedUsdPerHour(load: ManagedLoad): number | undefined {
  const { type } = load;
  const largeUsd = LARGE_USD[type.family];
  if (largeUsd === undefined) return undefined;
  return instancesFor(load) * largeUsd * (type.vcpus / 2) * (1 + MANAGEMENT_FEE_PERCENT / 100);
}
